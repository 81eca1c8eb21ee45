import type { IsolateLoad, LoadMessage, PingMessage, QueryMessage } from '../../wire/messages.ts'

/** What an isolate may use, besides the calls that all have alike. */
export type IsolateLimits = Pick<IsolateLoad, 'heap_mb' | 'result_bytes' | 'log_bytes' | 'log_lines'>

/** What the host says is believed: a runner is its child. */
export type FromHost = (LoadMessage & { readonly isolate: IsolateLoad }) | QueryMessage | PingMessage
