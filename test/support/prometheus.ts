export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metrics {
  readonly families: ReadonlyMap<string, { readonly type: string; readonly help: string }>
  readonly samples: readonly Sample[]
  /** Of the sample with exactly these labels; 0 where there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/** Reads Prometheus' text format as strictly as its own tool does. Throws where it is none. */
export function readMetrics(text: string): Metrics {
  const families = new Map<string, { type: string; help: string }>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  if (!text.endsWith('\n')) throw new Error('expected the text to end with a line end')
  let family = ''
  for (const line of text.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is described twice`)
      families.set(family = name, { type: '', help: rest })
    } else if (keyword === 'TYPE') {
      if (name !== family || families.get(name)!.type !== '') throw new Error(`the type of ${name} is not behind its help`)
      families.get(name)!.type = rest
    } else if (line !== '') {
      const sample = toSample(line)
      const { type } = families.get(family)!
      if (!namesOf(family, type).includes(sample.name)) throw new Error(`${sample.name} is below ${family}`)
      if (seen.has(line.slice(0, line.lastIndexOf(' ')))) throw new Error(`twice: ${line}`)
      seen.add(line.slice(0, line.lastIndexOf(' ')))
      if (type === 'counter' && !(sample.value >= 0)) throw new Error(`a counter that is no count: ${line}`)
      samples.push(sample)
    }
  }
  for (const [name, { type }] of families) if (type === 'histogram') checkHistogram(name, samples)
  return {
    families,
    samples,
    value: (name, labels = {}) => samples.find((each) => each.name === name && keyOf(each.labels) === keyOf(labels))?.value ?? 0,
  }
}

function namesOf(family: string, type: string): string[] {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => family + end) : [family]
}

function toSample(line: string): Sample {
  const [, name, inside = '', number = ''] = SAMPLE.exec(line) ?? []
  const value = Number(number.replace('Inf', 'Infinity'))
  // A mean of nothing is no number, which Prometheus takes in any case of letters.
  if (name === undefined || (Number.isNaN(value) && number.toLowerCase() !== 'nan')) throw new Error(`no sample: ${line}`)
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < inside.length) {
    const found = LABEL.exec(inside)
    if (found === null || found[1]! in labels) throw new Error(`no labels: ${line}`)
    labels[found[1]!] = found[2]!
  }
  return { name, labels, value }
}

/** Of each series the buckets grow, and the last has all that were counted. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = Map.groupBy(samples.filter((sample) => sample.name === `${name}_bucket`), ({ labels }) => keyOf(labels, 'le'))
  for (const [key, buckets] of series) {
    const values = buckets.map(({ value }) => value)
    if (values.some((value, at) => at > 0 && value < values[at - 1]!)) throw new Error(`buckets of ${name} ${key} do not grow`)
    if (buckets.at(-1)?.labels['le'] !== '+Inf') throw new Error(`${name} ${key} has no last bucket`)
    const count = samples.find((sample) => sample.name === `${name}_count` && keyOf(sample.labels) === key)
    if (count?.value !== values.at(-1)) throw new Error(`the count of ${name} ${key} is not that of its last bucket`)
    if (!samples.some((sample) => sample.name === `${name}_sum` && keyOf(sample.labels) === key)) throw new Error(`${name} ${key} has no sum`)
  }
}

function keyOf(labels: Readonly<Record<string, string>>, without?: string): string {
  return JSON.stringify(Object.entries(labels).filter(([name]) => name !== without).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
