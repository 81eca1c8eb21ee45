import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { MemoryWatch } from '../../process/memory_watch.ts'
import { descendants } from '../../process/process_tree.ts'
import type { CellSpec } from '../../runtime.ts'
import type { Launch } from '../launch.ts'
import type { Tried } from './judge.ts'

export interface MemoryProbe {
  readonly launch: Launch
  readonly node: Pick<CellSpec, 'command' | 'reads'>
}

const MEGABYTE = 1 << 20
const LIMIT_MB = 128
/** As far beyond its limit as anything may get before it is ended. */
const SLACK = 1.25
const BOMB_MB = 1024
const STEP_MB = 4
const LOOK_MS = 10
const LONGEST_MS = 60_000
/** The host may be kept from looking for a moment, by other work of the machine: one that is ended late may be tried again. */
const ATTEMPTS = 3

/** Takes memory at the pace of a module that fills it with something, and says how much it has. */
const BOMB = `
const kept = []
const take = () => {
  process.stdout.write(kept.length * ${STEP_MB} + '\\n')
  if (kept.length * ${STEP_MB} >= ${BOMB_MB}) return
  kept.push(Buffer.alloc(${STEP_MB} << 20, 1))
  setTimeout(take, 2)
}
take()`

/** A cell that takes a gigabyte is ended soon after it has reached its limit. */
export async function probeMemory(options: MemoryProbe): Promise<Tried> {
  let reached = await explode(options)
  for (let again = 1; again < ATTEMPTS && reached > LIMIT_MB * SLACK && reached < BOMB_MB; again += 1) reached = await explode(options)
  return { what: 'a cell that takes memory is ended at its limit', holds: reached > 0 && reached <= LIMIT_MB * SLACK, found: `it got ${reached} MB with a limit of ${LIMIT_MB} MB` }
}

/** How many megabytes it had when it was ended. */
async function explode({ launch, node: { command, reads = [] } }: MemoryProbe): Promise<number> {
  const child = launch({ name: 'probe/memory', command, args: ['-e', BOMB], env: {}, preload: undefined, reads })
  let reached = 0
  let looking: NodeJS.Timeout | undefined
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS)
  child.once('error', () => child.stdout?.destroy())
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    reached = Number(line)
    looking ??= watched(child)
  }
  clearInterval(looking)
  clearTimeout(late)
  return reached
}

/** Ends it as soon as it is seen to have more than its limit. */
function watched(child: ChildProcess): NodeJS.Timeout {
  const top = child.pid ?? 0
  const watch = new MemoryWatch({ pid: descendants(top).at(-1) ?? top })
  return setInterval(() => {
    if (watch.measure() > LIMIT_MB * MEGABYTE) child.kill('SIGKILL')
  }, LOOK_MS)
}
