import type { IsolateLoad, LoadMessage, PingMessage, QueryMessage } from '../../wire/messages.ts'

/** What the host says is believed: a runner is its child. */
export type FromHost = (LoadMessage & { readonly isolate: IsolateLoad }) | QueryMessage | PingMessage
