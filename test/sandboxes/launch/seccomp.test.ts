import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { allFilters, FILTERS, makeFilter } from '../../../sandboxes/launch/seccomp/filter.ts'
import { ARCHITECTURES, DENIED, LOOKED_AT, numberOf, type Architecture } from '../../../sandboxes/launch/seccomp/syscalls.ts'

const FOLDER = new URL('../../../sandboxes/launch/seccomp/', import.meta.url)
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7 }
const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const [EPERM, ENOSYS, EAFNOSUPPORT] = [0x5_0001, 0x5_0026, 0x5_0061]

/** What the kernel would do with a call: the few operations that our filters have, as it computes them. */
function verdict(filter: Uint8Array, call: { nr: number; arch: number; args?: readonly number[] }): number {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength)
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, call.nr, true)
  data.setUint32(4, call.arch, true)
  for (const [at, arg] of (call.args ?? []).entries()) data.setUint32(16 + 8 * at, arg, true)
  let accumulator = 0
  for (let at = 0; ; at += 1) {
    const [operation, ifTrue, ifFalse, constant] = [view.getUint16(8 * at, true), view.getUint8(8 * at + 2), view.getUint8(8 * at + 3), view.getUint32(8 * at + 4, true)]
    if (operation === 0x06) return constant
    if (operation === 0x20) accumulator = data.getUint32(constant, true)
    else if (operation === 0x54) accumulator = (accumulator & constant) >>> 0
    else {
      const holds = operation === 0x15 ? accumulator === constant : operation === 0x25 ? accumulator > constant : (accumulator & constant) !== 0
      at += holds ? ifTrue : ifFalse
    }
  }
}

describe('the filters of system calls', () => {
  it('are those that their sources make', ({ expect }) => {
    for (const [name, filter] of allFilters()) expect(readFileSync(new URL(name, FOLDER)).equals(filter), `${name}: node sandboxes/launch/seccomp/make.ts`).toBe(true)
  })

  for (const architecture of ARCHITECTURES) {
    for (const name of FILTERS) {
      const decide = decider(name, architecture)

      it(`${name} on ${architecture}: refuses what nothing in a cell may call, and lets the rest through`, ({ expect }) => {
        for (const [call, numbers] of Object.entries(DENIED)) {
          const number = numberOf(numbers, architecture)
          if (number !== undefined) expect(decide(number), call).toBe(EPERM)
        }
        // read, and what a process needs to end.
        const [read, exit] = architecture === 'x64' ? [0, 231] : [63, 94]
        expect([decide(read), decide(exit)]).toEqual([ALLOW, ALLOW])
        expect(decide(471)).toBe(ENOSYS)
      })

      it(`${name} on ${architecture}: looks at arguments`, ({ expect }) => {
        const number = (call: keyof typeof LOOKED_AT): number => numberOf(LOOKED_AT[call], architecture) as number
        const [thread, process, intoUser] = [0x3d_0f00, 17, 0x1000_0000 | 17]
        expect(decide(number('clone'), thread)).toBe(ALLOW)
        expect(decide(number('clone'), process)).toBe(name === 'processes' ? ALLOW : EPERM)
        expect(decide(number('clone'), intoUser)).toBe(EPERM)
        expect(decide(number('clone3'))).toBe(ENOSYS)
        expect(decide(number('execve'))).toBe(name === 'alone' ? EPERM : ALLOW)
        expect([1, 2, 10, 16, 17, 38, 40].map((family) => decide(number('socket'), family)))
          .toEqual([ALLOW, ALLOW, ALLOW, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT])
        expect([0x5412, 0x541c, 0x5401].map((request) => decide(number('ioctl'), 0, request))).toEqual([EPERM, EPERM, ALLOW])
        expect([0x21, 0x01, 0x22, 0x23].map((flags) => decide(number('mmap'), 0, 0, 0, flags))).toEqual([EPERM, ALLOW, ALLOW, EPERM])
        expect([0, 0xffff_ffff, 0x0040_000].map((persona) => decide(number('personality'), persona))).toEqual([ALLOW, ALLOW, EPERM])
      })
    }

    it(`end a process of ${architecture} that speaks as another machine does`, ({ expect }) => {
      expect(verdict(makeFilter('processes', architecture), { nr: 0, arch: 0x4000_0003 })).toBe(KILL)
    })
  }

  it('refuse the other numbers that x64 has for the same calls', ({ expect }) => {
    expect(decider('processes', 'x64')(0x4000_0000 + 101)).toBe(ENOSYS)
  })
})

function decider(name: (typeof FILTERS)[number], architecture: Architecture): (nr: number, ...args: number[]) => number {
  const filter = makeFilter(name, architecture)
  return (nr, ...args) => verdict(filter, { nr, arch: AUDIT[architecture], args })
}
