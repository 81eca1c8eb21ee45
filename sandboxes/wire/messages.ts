/** Everything that may cross the wire, and nothing else. What a runner or a fork server says is untrusted: zod decides. */
import { z } from 'zod'
import { OUTCOMES, type EgressGrant } from '../contract.ts'
import type { Hold } from '../launch/policy.ts'
import { PROTOCOL } from './frames.ts'

/**
 * Tells a runner which module to become; the payload is the module's content, where its runtime has one (see runtime.ts). `describe`:
 * answer with its introspection.
 */
export interface LoadMessage {
  readonly type: 'load'
  readonly id: string
  readonly name: string
  readonly module_type: string
  readonly file: string
  /** The module root, or null for a module of the installed package. */
  readonly root: string | null
  readonly describe: boolean
  readonly scratch: string
  readonly env: Readonly<Record<string, string>>
  readonly memory_mb: number
  /** For a runner that has to keep an answer before it can pass it on. */
  readonly output_bytes?: number
  readonly descriptors: number
  readonly file_mb: number
  readonly debug_http: boolean
  /** It has one query, and leaves by itself. */
  readonly once?: boolean
  /** How the runner holds itself from now on, where that is asked. */
  readonly hold?: Hold
  /** For runners of isolates. */
  readonly isolate?: IsolateLoad
  /** What the module may reach, for runners that offer it the network. */
  readonly egress?: EgressGrant
}

/** What a runner of isolates needs to know besides. */
export interface IsolateLoad {
  /** Heap of each isolate. */
  readonly heap_mb: number
  /** An isolate for each query, instead of one that keeps what the module remembers. */
  readonly fresh: boolean
  readonly result_bytes: number
  readonly log_bytes: number
  readonly log_lines: number
}

/**
 * A question; its payload is the request body. `query`: what the host's log calls it, which is no secret, as `id` is. `cpu`: seconds of
 * CPU time it may use; `ms`: time that is left for it.
 */
export interface QueryMessage {
  readonly type: 'query'
  readonly id: string
  readonly query: string
  readonly cpu: number
  readonly ms: number
}

export interface PingMessage {
  readonly type: 'ping'
  readonly id: string
}

export type ToRunner = LoadMessage | QueryMessage | PingMessage

const line = z.string().max(65_536)
const files = z.array(z.object({ path: line, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).max(1000)

export const FromRunner = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), protocol: z.literal(PROTOCOL), pid: z.int().positive() }),
  // `error`: in one line what the payload says of a failure, where that is not its last line.
  z.object({ type: z.literal('result'), id: z.string(), outcome: z.enum(OUTCOMES), error: line.optional() }),
  z.object({
    type: z.literal('loaded'),
    id: z.string(),
    heavy: z.boolean().optional(),
    lean: z.boolean().optional(),
    files: files.optional(),
  }),
  // What a module logs, of a runner that has several queries at a time; others print it.
  z.object({ type: z.literal('log'), id: z.string(), text: line }),
  z.object({
    type: z.literal('failed'),
    id: z.string(),
    error: line,
    trace: line.optional(),
    file: line.optional(),
    line: z.int().optional(),
    missing: line.optional(),
    // How that is installed; from a compiler.
    install: line.optional(),
    // What it has read until then, of which one may be to blame.
    files: files.optional(),
  }),
  z.object({ type: z.literal('pong'), id: z.string() }),
])
export type FromRunner = z.infer<typeof FromRunner>

export type ToForkServer =
  | { readonly type: 'boot'; readonly socket: string; readonly preload: readonly string[]; readonly temporary?: string }
  // Whose it is from now on, for one that is for one module alone; its payload is that module's content.
  | { readonly type: 'become'; readonly template?: Omit<LoadMessage, 'type' | 'id'> }
  | { readonly type: 'fork'; readonly token: string }
  | { readonly type: 'kill'; readonly pid: number }
  // No query is running: whatever is in the folder that they share was put there by those before.
  | { readonly type: 'tidy' }
  | { readonly type: 'ping' }

export const FromForkServer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    protocol: z.literal(PROTOCOL),
    pid: z.int().positive(),
    preloaded: z.array(z.string()),
  }),
  // `template`: whether it is that module now, so that its runners are it from the beginning.
  z.object({ type: z.literal('became'), template: z.boolean() }),
  z.object({ type: z.literal('forked'), token: z.string(), pid: z.int().positive() }),
  z.object({ type: z.literal('refused'), token: z.string(), error: line }),
  z.object({ type: z.literal('killed'), pid: z.int().positive() }),
  // `left`: there are folders of others that live, whoever made them.
  z.object({ type: z.literal('exited'), pid: z.int().positive(), status: z.int(), left: z.boolean() }),
  z.object({ type: z.literal('tidied') }),
  z.object({ type: z.literal('pong') }),
])
export type FromForkServer = z.infer<typeof FromForkServer>
