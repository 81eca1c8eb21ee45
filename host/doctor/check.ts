/** One thing that serving needs, and whether it is there. `missing`: serving fails without it; `warn`: something of it does. */
export interface Check {
  readonly what: string
  readonly verdict: 'ok' | 'warn' | 'missing'
  readonly found: string
  readonly needed?: string
  /** The command that mends it. */
  readonly mend?: string
}

/** An error of ours that says what was found, what is needed and what mends it. */
interface Complaint extends Error {
  readonly found?: string
  readonly needed?: string
  readonly command?: string
}

/** What a check that failed with one of the errors for operators found. Anything else is a bug, and thrown on. */
export function asCheck(what: string, verdict: 'warn' | 'missing', error: unknown): Check {
  if (!(error instanceof Error) || !['SetupError', 'OperatorError', 'ListenFailure', 'StrictUnavailable'].includes(error.name)) throw error
  const { found = error.message, needed, command } = error as Complaint
  return { what, verdict, found, ...(needed === undefined ? {} : { needed }), ...(command === undefined ? {} : { mend: command }) }
}
