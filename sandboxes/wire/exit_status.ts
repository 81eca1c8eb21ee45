/** How a process ended: exit status, or the negative number of a signal; undefined while nobody knows. */
export type ExitStatus = number | undefined

export const SIGXCPU = 24

/** In words, of a runner that had not answered yet. */
export function describeExit(status: ExitStatus): string {
  if (status === undefined) return 'the runner closed its channel before it had answered'
  if (status < 0) return `the runner was ended by signal ${-status}${SIGNALS[-status] ?? ''} before it had answered`
  return `the runner left with exit status ${status} before it had answered`
}

const SIGNALS: Readonly<Record<number, string>> = {
  4: ' (SIGILL)',
  5: ' (SIGTRAP)',
  6: ' (SIGABRT)',
  7: ' (SIGBUS)',
  9: ' (SIGKILL)',
  11: ' (SIGSEGV)',
  15: ' (SIGTERM)',
  24: ' (SIGXCPU: CPU time used up)',
  25: ' (SIGXFSZ: file too large)',
}
