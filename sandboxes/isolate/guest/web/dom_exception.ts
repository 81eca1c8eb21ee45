const CODES: Readonly<Record<string, number>> = {
  InvalidCharacterError: 5, NotSupportedError: 9, SyntaxError: 12, TypeMismatchError: 17, NetworkError: 19, AbortError: 20, QuotaExceededError: 22,
  TimeoutError: 23, DataCloneError: 25,
}

/** The error of the web's own functions; `name` says which. */
export class DOMException extends Error {
  constructor(message = '', name = 'Error') {
    super(String(message))
    Object.defineProperty(this, 'name', { value: String(name), configurable: true, writable: true })
  }

  get code(): number {
    return CODES[this.name] ?? 0
  }
}
