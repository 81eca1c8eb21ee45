/** What `/statistics` counts of one module, without what depends on time. */
export interface Counts {
  readonly queries: number
  readonly completed: number
  readonly in_flight: number
  readonly successes: number
  readonly errors: number
  readonly module_errors: number
  readonly exceptions: number
  readonly timeouts: number
  readonly success_rate: number | null
  readonly error_rate: number | null
  readonly request_bytes: number
  readonly response_bytes: number
}

const COUNTED = [
  'queries', 'completed', 'in_flight', 'successes', 'errors', 'module_errors', 'exceptions', 'timeouts', 'success_rate',
  'error_rate', 'request_bytes', 'response_bytes',
] as const

export async function countsOf(port: number, module: string): Promise<Counts> {
  const response = await fetch(`http://127.0.0.1:${port}/statistics`)
  const { modules } = (await response.json()) as { modules: Record<string, Counts> }
  const counts = modules[module]
  if (counts === undefined) throw new Error(`no ${module} in /statistics; there are ${Object.keys(modules).length} modules`)
  return Object.fromEntries(COUNTED.map((name) => [name, counts[name]])) as unknown as Counts
}
