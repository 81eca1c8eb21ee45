/** One finding in the simple form: values, and the types that MISP may store each of them as. */
export interface SimpleResult {
  /** MISP's attribute types; the user chooses where there are several. `freetext` lets MISP look for indicators in the value. */
  readonly types: readonly string[]
  readonly values: readonly string[]
  readonly categories?: readonly string[]
  readonly comment?: string
  /** Names such as `tlp:clear`. */
  readonly tags?: readonly string[]
  readonly to_ids?: boolean
  /** Base64, with the types `attachment` and `malware-sample`. */
  readonly data?: string
}

export interface SimpleAnswer {
  readonly results: readonly SimpleResult[]
  readonly error?: string
}

/** An answer that says why there are no results. `results` is empty and there: MISP gives up a whole event where it is missing. */
export interface ErrorAnswer {
  readonly error: string
  readonly results?: readonly never[]
}

export interface ExportAnswer {
  /** The file, base64. */
  readonly data: string
  readonly response?: readonly unknown[]
  /** What could not be exported. */
  readonly warnings?: readonly string[]
}

export interface ActionAnswer {
  readonly data: unknown
  readonly error?: string
}

/** Thrown by a handler, it becomes the answer `errorAnswer(message)`: for what can happen, such as a missing key or a dead provider. */
export class ModuleError extends Error {}

/** `{ error, results: [] }`: MISP shows the text to the user. */
export function errorAnswer(error: string): ErrorAnswer & { readonly results: readonly never[] }

/**
 * The answer of a simple expansion or import, without results that have no values, and without values that are there twice. Throws
 * TypeError where a result has no types or a value is no string.
 */
export function simpleAnswer(...results: readonly SimpleResult[]): SimpleAnswer

/** The answer of an export: a text (as UTF-8) or bytes as the file's content. */
export function exportAnswer(content: string | Uint8Array, options?: { readonly warnings?: readonly string[] }): ExportAnswer

/** The file that an import was given, as text. Throws ModuleError where it is no base64 or no UTF-8; a byte order mark is left out. */
export function importedText(query: { readonly data: string }): string

/** The file that an import was given. Throws ModuleError where it is no base64. */
export function importedBytes(query: { readonly data: string }): Uint8Array
