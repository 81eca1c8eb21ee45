import { defineModule, ModuleError, mispResults, objectTemplate } from 'misp-module-host/sdk'
import { type Json, list, moment, record, text, texts } from '../_json.ts'
import { fetchJson } from '../_provider.ts'

const LOOKUP = { name: 'CIRCL vulnerability-lookup', url: 'https://vulnerability.circl.lu' }

const Vulnerability = objectTemplate({
  name: 'vulnerability',
  uuid: '81650945-f186-437b-8945-9f31715d32da',
  version: 12,
  metaCategory: 'vulnerability',
  attributes: {
    id: 'vulnerability',
    summary: 'text',
    description: 'text',
    'cvss-score': { type: 'float', disable_correlation: true },
    'cvss-string': { type: 'text', disable_correlation: true },
    published: { type: 'datetime', disable_correlation: true },
    modified: { type: 'datetime', disable_correlation: true },
    state: { type: 'text', disable_correlation: true },
    credit: { type: 'text', disable_correlation: true },
    references: 'link',
    'vulnerable-configuration': 'cpe',
  },
})

const Weakness = objectTemplate({
  name: 'weakness',
  uuid: 'b8713fc0-d7a2-4b27-a182-38ed47966802',
  version: 1,
  metaCategory: 'vulnerability',
  attributes: { id: 'weakness', description: 'text' },
})

const MOST = 50

export default defineModule({
  info: {
    name: 'CVE details',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Description, scores, weaknesses and references of a CVE, and whether it is being exploited.',
    'module-type': ['expansion', 'hover'],
    requirements: ['Access to vulnerability.circl.lu or to a copy of it; no key'],
    features:
      'Reads the CVE record and what others added to it. The attribute is tagged with the severity, and where the CVE is in the catalogue of ' +
      'known exploited vulnerabilities.',
    references: ['https://vulnerability.circl.lu', 'https://cveproject.github.io/cve-schema/schema/docs/'],
    input: 'A CVE number.',
    output: 'A vulnerability object, a weakness object for each CWE that it refers to, and tags.',
  },
  attributes: { input: ['vulnerability'], output: ['vulnerability', 'weakness', 'text', 'float', 'datetime', 'link', 'cpe'], format: 'misp_standard' },
  config: { url: 'Address of vulnerability-lookup, if it is not that of CIRCL.' },

  async handler({ attribute }, context) {
    const id = attribute.value.trim().toUpperCase()
    if (!/^CVE-\d{4}-\d{4,}$/.test(id)) throw new ModuleError(`"${attribute.value.slice(0, 80)}" should be a CVE number such as CVE-2021-44228.`)
    const cve = record(await fetchJson(context, LOOKUP, `/api/vulnerability/${id}`))
    // What is not known is answered with an empty object or null.
    if (Object.keys(cve).length === 0) throw new ModuleError(`${LOOKUP.name} does not know ${id}.`)
    const containers = containersOf(cve)
    if (containers.length === 0) throw new ModuleError(`${LOOKUP.name} answered no CVE record for ${id}.`)

    const results = mispResults(attribute)
    const meta = record(cve['cveMetadata'])
    const score = bestScore(containers)
    const object = results.object(Vulnerability)
      .add('id', id)
      .add('summary', text(containers[0]?.['title']))
      .add('description', descriptionOf(containers))
      .add('cvss-score', score?.score)
      .add('cvss-string', score?.vector)
      .add('published', moment(meta['datePublished']))
      .add('modified', moment(meta['dateUpdated']))
      .add('state', stateOf(text(meta['state'])))
      .add('credit', unique(containers.flatMap((each) => list(each['credits']).map((credit) => text(record(credit)['value'])))))
      .add('references', unique(containers.flatMap((each) => list(each['references']).map((reference) => text(record(reference)['url'])))))
      .add('vulnerable-configuration', unique(containers.flatMap((each) => list(each['affected']).flatMap((affected) => texts(record(affected)['cpes'])))))
      .refer(attribute, 'related-to')
    for (const weakness of weaknessesOf(containers)) {
      object.refer(results.object(Weakness).add('id', weakness.id).add('description', weakness.description), 'weakened-by')
    }
    if (score !== undefined) results.tag(`cvss:severity="${score.severity}"`, attribute)
    if (isExploited(containers)) results.tag('cisa:known-exploited="yes"', attribute)
    return results.answer()
  },
})

/** What the numbering authority wrote, then what others added to it. */
function containersOf(cve: Json): readonly Json[] {
  const { cna, adp } = record(cve['containers'])
  return [cna, ...list(adp)].map(record).filter((container) => Object.keys(container).length > 0)
}

function descriptionOf(containers: readonly Json[]): string | undefined {
  const descriptions = containers.flatMap((container) => list(container['descriptions']).map(record))
  return text((descriptions.find(({ lang }) => text(lang)?.startsWith('en') === true) ?? descriptions[0])?.['value'])
}

interface Score {
  readonly score: string
  readonly vector: string | undefined
  readonly severity: string
}

/** Of the newest kind that anybody gave. */
function bestScore(containers: readonly Json[]): Score | undefined {
  const metrics = containers.flatMap((container) => list(container['metrics']).map(record))
  for (const version of ['cvssV4_0', 'cvssV3_1', 'cvssV3_0', 'cvssV2_0']) {
    for (const metric of metrics) {
      const { baseScore, vectorString } = record(metric[version])
      if (typeof baseScore === 'number' && baseScore >= 0 && baseScore <= 10) {
        return { score: baseScore.toFixed(1), vector: text(vectorString), severity: severityOf(baseScore) }
      }
    }
  }
  return undefined
}

function severityOf(score: number): string {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return score > 0 ? 'low' : 'none'
}

/** The words of the object template for the states that a record has. */
function stateOf(state: string | undefined): string | undefined {
  if (state === undefined) return undefined
  return { PUBLISHED: 'Published', REJECTED: 'Rejected', RESERVED: 'Reserved' }[state.toUpperCase()]
}

function weaknessesOf(containers: readonly Json[]): { id: string; description: string | undefined }[] {
  const named = containers.flatMap((container) => list(container['problemTypes'])).flatMap((type) => list(record(type)['descriptions'])).map(record)
  const found = new Map<string, string | undefined>()
  for (const { cweId, description } of named) {
    const id = /CWE-\d+/.exec(text(cweId) ?? text(description) ?? '')?.[0]
    if (id !== undefined) found.set(id, found.get(id) ?? text(description)?.replace(/^CWE-\d+:?\s*/, ''))
  }
  return [...found].slice(0, MOST).map(([id, description]) => ({ id, description }))
}

function isExploited(containers: readonly Json[]): boolean {
  const others = containers.flatMap((container) => list(container['metrics'])).map((metric) => record(record(metric)['other']))
  return others.some(({ type }) => text(type)?.toLowerCase() === 'kev')
}

function unique(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].slice(0, MOST)
}
