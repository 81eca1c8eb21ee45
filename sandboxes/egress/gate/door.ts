import { chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { saidQuery } from '../of_query.ts'
import { type EgressTools, egressTools } from '../tools.ts'
import { ask, QUESTIONS, type Question } from './ask.ts'
import type { Budget } from './budget.ts'
import { forward } from './forward.ts'
import type { Audit, Visitor } from './messages.ts'
import { Passage } from './passage.ts'
import { refuse } from './refuse.ts'
import { tunnel } from './tunnel.ts'

const HEADER_BYTES = 64 << 10
/** For the head of a request, and between two requests. */
const HEAD_MS = 10_000
const LOOK_MS = 1000
const IDLE_MS = 60_000
/** Open connections of one door, whether they ask for something or not. */
const MOST_CONNECTIONS = 256

export interface DoorParts {
  readonly id: string
  readonly path: string
  readonly budgetOf: (tenant: string) => Budget
  readonly audited: (audit: Audit) => void
  /** Names are asked at these servers; undefined: as the machine does it. */
  readonly servers?: readonly string[] | undefined
  /** Time for the head of a request. */
  readonly headMs?: number
}

/**
 * One unix socket: a proxy for the programs of one cell, and the place where its runner asks questions. Whoever comes in by it is the
 * visitor it was assigned to, and until then is let nowhere.
 */
export class Door {
  readonly #parts: DoorParts
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What connections are for: a relay says it of the first request of each. */
  readonly #queries = new WeakMap<Socket, string>()
  /** The last answer of each connection: there is one at a time. */
  readonly #answers = new WeakMap<Socket, ServerResponse>()
  #let: { readonly visitor: Visitor; readonly tools: EgressTools } | undefined

  private constructor(parts: DoorParts) {
    this.#parts = parts
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES, headersTimeout: parts.headMs ?? HEAD_MS, requestTimeout: 0, keepAliveTimeout: IDLE_MS, connectionsCheckingInterval: LOOK_MS })
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      const { visitor } = this.#let ?? {}
      // Over all doors of a tenant: there are as many as it has cells, and descriptors are everybody's.
      const open = visitor && this.#parts.budgetOf(visitor.tenant).open(visitor.caps)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        open?.[Symbol.dispose]()
      })
      if (visitor !== undefined && open === undefined) socket.destroy()
    })
    this.#server.on('connect', (req, socket, head) => void this.#connect(req, socket as Socket, head))
    this.#server.on('request', (req, res) => void this.#request(req, res))
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** Listens at a path that only its folder protects. Rejects where it cannot. */
  static async open(parts: DoorParts): Promise<Door> {
    const door = new Door(parts)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    door.#server.once('error', reject).listen(parts.path, resolve)
    await promise
    // Another account comes in by it.
    chmodSync(parts.path, 0o666)
    return door
  }

  /** Says who comes in, or what they may reach from now on. A door has one visitor in its life. */
  assign(visitor: Visitor): void {
    const { tenant, module } = this.#let?.visitor ?? visitor
    if (tenant !== visitor.tenant || module !== visitor.module) throw new Error(`door ${this.#parts.id} has a visitor already`)
    this.#let = { visitor, tools: egressTools(visitor.grant, this.#parts.servers, this.#parts.budgetOf(tenant).lookups) }
  }

  /** Ends every connection and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #connect(req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => {})
    if (this.#let === undefined || !this.#isNext(socket)) return void socket.destroy()
    await tunnel(this.#passage('CONNECT', req), req.url ?? '', socket, head, this.#let.tools)
  }

  async #request(req: IncomingMessage, res: ServerResponse): Promise<void> {
    req.on('error', () => {})
    res.on('error', () => {})
    if (this.#let === undefined || !this.#isNext(req.socket)) return void req.socket.destroy()
    this.#answers.set(req.socket, res)
    const { visitor } = this.#let
    const { url = '', method = '' } = req
    const question = method === 'POST' && QUESTIONS.find((each) => each === url)
    const budget = this.#parts.budgetOf(visitor.tenant)
    const met = budget.met(visitor.caps)
    if (met !== undefined) {
      this.#tellRefused(req, visitor, { verb: question ? VERBS[question] : method.slice(0, 50), why: met, times: budget.refused() })
      return refuse(req, res, met, Boolean(question))
    }
    if (question) return await ask(this.#passage(VERBS[question], req), question, req, res, this.#let.tools)
    await forward(this.#passage(method, req), req, res, this.#let.tools)
  }

  /** `times`: how many there were since the last that was told of; undefined: it is not their time yet. */
  #tellRefused(req: IncomingMessage, { tenant, module }: Visitor, { verb, why, times }: { verb: string; why: string; times: number | undefined }): void {
    if (times === undefined) return
    const { id: door, audited } = this.#parts
    audited({ ...(times > 1 && { times }), door, tenant, module, ...this.#queryOf(req), verb, host: '', verdict: 'quota', why, sent: 0, received: 0, ms: 0 })
  }

  /** Whether what was asked before is answered, and more may come: whoever does not wait for that asks for more than anybody can answer. */
  #isNext(socket: Socket): boolean {
    const before = this.#answers.get(socket)
    return !socket.destroyed && (before === undefined || (before.writableEnded && before.shouldKeepAlive))
  }

  /** The query that a request is of, where it says one. */
  #queryOf({ headers, socket }: IncomingMessage): { query?: string } {
    const query = saidQuery(headers['proxy-authorization']) ?? this.#queries.get(socket)
    if (query !== undefined) this.#queries.set(socket, query)
    return query === undefined ? {} : { query }
  }

  #passage(verb: string, req: IncomingMessage): Passage {
    const { id: door, audited, budgetOf } = this.#parts
    const { visitor } = this.#let as { visitor: Visitor }
    return new Passage({ door, visitor, budget: budgetOf(visitor.tenant), audited }, verb, this.#queryOf(req).query)
  }
}

const VERBS: Readonly<Record<Question, string>> = { '/fetch': 'FETCH', '/dns': 'DNS', '/lookup': 'LOOKUP' }
