import type { Samples } from '../support/samples.ts'

/**
 * How far two answers to one body must agree. `same`: every byte. `uuids`: every byte but the uuids that a module invents.
 * `time`: those and the moments of the run, inside an exported file too. `folder`: all but a random folder in an error text.
 * `pdf`: the texts drawn in the exported file.
 */
export type Agreement = 'same' | 'uuids' | 'time' | 'folder' | 'pdf'

/** One query that upstream answers without a network. */
export interface OfflineCase {
  readonly module: string
  /** What tells it from the module's other cases. */
  readonly about?: string
  readonly body: (samples: Samples) => object
  readonly agreement: Agreement
  /** Text that upstream's answer holds: shows that the two servers agree on a real answer and not on a failure. */
  readonly holds: string
}

export const UUID = '5a4e1f6c-1c68-4f2a-9d52-0a6d3b8f7e11'
export const GENERIC_ERROR = 'Something went wrong, look in the server logs for details'

export const attribute = (type: string, value: string) => ({ type, value, uuid: UUID })

export const encoded = (text: string) => Buffer.from(text).toString('base64')
