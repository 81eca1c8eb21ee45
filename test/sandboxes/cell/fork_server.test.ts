import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import type { Cell } from '../../../sandboxes/cell/cell.ts'
import { forkCell } from '../../../sandboxes/cell/fork.ts'
import { TRUSTED } from '../../../sandboxes/launch/policy.ts'
import { trusted } from '../../../sandboxes/launch/trusted.ts'
import { eventually } from '../../support/processes.ts'

const READY = { type: 'ready', protocol: 1, pid: 1, preloaded: [] }
const LOGS = { bytes: 100_000, lines: 10 }

describe('a fork server', () => {
  it.for<[string, object[], string]>([
    ['the end of what it has not forked', [{ type: 'exited', pid: 4, status: 0, left: true }], 'the end of 4, which it had not forked'],
    ['the end of a runner twice', [forked(4), exited(4), exited(4)], 'the end of 4, which it had not forked'],
    ['a fork that nobody asked for', [{ ...forked(4), token: 'made up' }], 'an answer to "fork made up", which it was not asked'],
    ['a fork twice', [forked(4), forked(5)], 'which it was not asked'],
    ['that it refuses a fork that nobody asked for', [{ type: 'refused', token: 'made up', error: '' }], 'which it was not asked'],
    ['that it is there, unasked', [{ type: 'pong' }], 'an answer to "ping", which it was not asked'],
    ['that it has tidied, unasked', [{ type: 'tidied' }], 'an answer to "tidy", which it was not asked'],
    ['that it has killed, unasked', [{ type: 'killed', pid: 4 }], 'an answer to "kill 4", which it was not asked'],
    ['that it is ready, twice', [READY], '"ready", which it was not told to be'],
    ['that it is a module, untold', [{ type: 'became', template: true }], '"became", which it was not told to be'],
  ])('that says %s is ended', async ([, says, why], { expect }) => {
    await using server = await Server.start(says)
    await eventually(() => expect(server.cell.alive).toBe(false))
    // The one that was forked ahead may have failed for a reason of its own.
    await server.cell.open().catch(() => {})
    await expect(server.cell.open()).rejects.toThrow(why)
  })

  it('whose runner ends before it has connected goes on', async ({ expect }) => {
    await using server = await Server.start([forked(4), exited(4)])
    await expect(server.cell.open()).rejects.toThrow('a runner of fake ended with status 3 before it could be used')
    expect(server.cell.alive).toBe(true)
  })

  it('has what a query may log for its own log, and the rest is dropped', async ({ expect }) => {
    await using server = await Server.start([], 'for (let line = 0; line < 1000; line += 1) console.error("line", line)')
    await eventually(() => expect(server.lines.at(-1)).toBe('... the rest is dropped: in 10 s a fork server may log 10 lines and 100000 bytes'))
    expect(server.lines.length).toBe(11)
  })
})

function forked(pid: number): object {
  return { type: 'forked', token: 'TOKEN', pid }
}

function exited(pid: number): object {
  return { type: 'exited', pid, status: 3, left: false }
}

/** A program in the place of the fork server: it is ready, and says the rest to the first fork that it is told to make. */
class Server implements AsyncDisposable {
  readonly lines: string[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'fork-'))
  #cell: Cell | undefined

  static async start(says: readonly object[], does = ''): Promise<Server> {
    const server = new Server()
    const program = `
      function say(message) {
        const line = Buffer.from(JSON.stringify(message) + '\\n')
        const length = Buffer.alloc(4)
        length.writeUInt32BE(line.length)
        process.stdout.write(Buffer.concat([length, line]))
      }
      let isTold = false
      process.stdin.on('data', (data) => {
        const [, token] = /"token":"([^"]+)"/.exec(data) ?? []
        if (token === undefined || isTold) return
        isTold = true
        for (const message of ${JSON.stringify(says)}) say({ ...message, ...(message.token === 'TOKEN' && { token }) })
      })
      process.stdin.on('end', () => process.exit())
      say(${JSON.stringify(READY)})
      ${does}`
    const launch = trusted({ account: undefined, environment: process.env, home: server.#folder, cwd: server.#folder })
    server.#cell = await forkCell({ name: 'fake', command: process.execPath, args: ['-e', program], env: {}, preload: [] }, [], {
      launch, policy: TRUSTED, socketFolder: server.#folder, maxFrame: 1000, logCaps: LOGS, onLog: (_, text) => server.lines.push(text),
    }, new AbortController().signal)
    return server
  }

  get cell(): Cell {
    return this.#cell!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cell.close()
    await this.cell.gone
    rmSync(this.#folder, { recursive: true })
  }
}
