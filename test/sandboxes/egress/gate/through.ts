import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { connect as connectSocket, type Socket } from 'node:net'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EgressGrant } from '../../../../sandboxes/contract.ts'
import type { Audit, EgressCaps, Visitor } from '../../../../sandboxes/egress/gate/messages.ts'
import { GateProcess, type OpenDoor } from '../../../../sandboxes/egress/gate_process.ts'
import { LOOPBACK } from '../grants.ts'

export const CAPS: EgressCaps = { connections: 64, requestsPerMinute: 1000, bytesPerMinute: 1 << 30, connectionMs: 60_000 }

export interface TestGate extends AsyncDisposable {
  readonly gate: GateProcess
  /** What it has told of, in order. */
  readonly audits: readonly Audit[]
  readonly log: readonly string[]
  /** A door for a module that may reach the servers of a test and what the grant says besides. */
  door(grant?: Partial<EgressGrant>, more?: Partial<Omit<Visitor, 'grant' | 'caps'>> & { caps?: Partial<EgressCaps> }): Promise<OpenDoor>
}

/** The real process, which asks the name servers of a test. */
export async function startGate(servers?: readonly string[]): Promise<TestGate> {
  const folder = mkdtempSync(join(tmpdir(), 'gate-'))
  chmodSync(folder, 0o755)
  const audits: Audit[] = []
  const log: string[] = []
  const gate = await GateProcess.start({
    folder, account: undefined, node: process.execPath, audited: (audit) => audits.push(audit), logged: (text) => log.push(text),
    ...(servers !== undefined && { servers }),
  })
  return {
    gate, audits, log,
    async door(grant = {}, { tenant = 'acme', module = 'asks', caps = {} } = {}) {
      const door = await gate.open()
      await door.assign({ tenant, module, grant: { ...LOOPBACK, ...grant }, caps: { ...CAPS, ...caps } })
      return door
    },
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Said {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One request to the proxy behind a socket: `target` as it stands in the first line. */
export function requestThrough(path: string, target: string, { method = 'GET', headers = {}, body }: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer } = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: path, path: target, method, headers: { host: 'whatever', ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

/** A tunnel to what is named, or the status line of the refusal. */
export function connectThrough(path: string, authority: string, headers: OutgoingHttpHeaders = {}): Promise<Socket | string> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: path, method: 'CONNECT', path: authority, headers, agent: false })
    asking.on('connect', ({ statusCode, statusMessage }, socket) => {
      if (statusCode === 200) return resolve(socket as Socket)
      socket.destroy()
      resolve(`${statusCode} ${statusMessage}`)
    })
    asking.on('response', (response) => {
      response.destroy()
      resolve(`${response.statusCode} ${response.statusMessage}`)
    })
    asking.on('error', reject)
    asking.end()
  })
}

/** What comes back for bytes as they are, until the other end closes. */
export function rawThrough(path: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}
