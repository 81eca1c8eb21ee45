/** `error`: MISP or the host cannot use it as it is; `warning`: probably not what was meant; `note`: worth knowing. */
export const SEVERITIES = ['error', 'warning', 'note'] as const
export type Severity = (typeof SEVERITIES)[number]

/** One thing that `check` has to say of a module. */
export interface Finding {
  readonly severity: Severity
  /** What it is about: `load`, or a place such as `mispattributes.input` or `answer.results[0].types`. */
  readonly about: string
  readonly message: string
}

/** Collects findings about one subject. */
export interface Findings {
  readonly all: readonly Finding[]
  error(about: string, message: string): void
  warning(about: string, message: string): void
  note(about: string, message: string): void
}

export function findings(): Findings {
  const all: Finding[] = []
  const adding = (severity: Severity) => (about: string, message: string): void => void all.push({ severity, about, message })
  return { all, error: adding('error'), warning: adding('warning'), note: adding('note') }
}

/** A value in a message: short, as JSON. */
export function found(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text
}

const LONGEST = 80

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
