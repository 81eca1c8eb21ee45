import { isStandard, type Entry } from './attributes.ts'
import { isBase64 } from './answer_data.ts'
import { checkSimple } from './answer_simple.ts'
import { checkStandard } from './answer_standard.ts'
import { found, isObject, type Findings } from './finding.ts'
import type { Knowledge } from './knowledge.ts'

/** What an answer means to MISP. */
export interface AnswerCheck {
  readonly entry: Entry
  readonly body: Readonly<Record<string, unknown>>
  readonly answer: unknown
  readonly known: Knowledge
  readonly say: Findings
}

/** Compares an answer with what the module declares and with what MISP reads of it. Gives what MISP would show, line by line. */
export function checkAnswer(check: AnswerCheck): string[] {
  const { entry: { type }, answer, say } = check
  if (!isObject(answer)) return notAnObject(answer, say)
  const error = answer['error']
  const said = error === undefined || error === null || error === '' ? [] : [`the error: ${typeof error === 'string' ? error : found(error)}`]
  if (error !== undefined && typeof error !== 'string') say.warning('answer.error', `expected a text, found ${found(error)}`)
  if (type === 'export_mod') return [...said, ...exported(answer, said.length > 0, say)]
  if (type === 'action_mod') return said.length > 0 ? [...said, 'a workflow that stops at this action'] : ['a workflow that goes on']
  return [...said, ...resultsOf(check, answer, said.length > 0)]
}

/** MISP's own reading of what is no object. */
function notAnObject(answer: unknown, say: Findings): string[] {
  const expected = `expected an object, found ${found(answer)}`
  if (typeof answer === 'string' && answer !== '') {
    say.error('answer', `${expected}: MISP shows a text as an error, and skips the modules after this one when it enriches an event`)
    return [`the error: ${answer}`]
  }
  say.error('answer', `${expected}: MISP says that the service cannot be reached, and gives up the enrichment of an event`)
  return ['"service not reachable"']
}

function resultsOf({ entry, body, known, say }: AnswerCheck, answer: Readonly<Record<string, unknown>>, failed: boolean): string[] {
  const { results } = answer
  if (results === undefined) {
    if (failed) {
      say.note('answer.results', 'an error without "results" ends the enrichment of a whole event in MISP; {"error": ..., "results": []} does not')
    } else {
      const keys = Object.keys(answer).join(', ')
      say.error('answer', `expected "results" or "error", found ${keys === '' ? 'an empty object' : keys}: MISP gives up the enrichment of an event`)
    }
    return failed ? [] : ['"service not reachable", or nothing']
  }
  const standard = isStandard(entry)
  if (standard && Array.isArray(results)) {
    if (results.length > 0) say.error('answer.results', `the format is misp_standard: expected an object with Attribute and Object, found a list`)
    return failed ? [] : ['no results']
  }
  if (standard && isObject(results)) return checkStandard({ results, body, known, say })
  if (!standard && Array.isArray(results)) return checkSimple({ results, declared: outputOf(entry), known, say })
  if (!standard && isObject(results) && ('Attribute' in results || 'Object' in results)) {
    say.error('answer.results', 'these are attributes and objects, which MISP reads where mispattributes.format is "misp_standard"; it is not')
    return ['nothing']
  }
  say.error('answer.results', `expected ${standard ? 'an object with Attribute and Object' : 'a list of {types, values}'}, found ${found(results)}`)
  return ['nothing']
}

function outputOf({ mispattributes }: Entry): readonly string[] {
  const output = isObject(mispattributes) ? mispattributes['output'] : undefined
  return Array.isArray(output) ? output.map(String) : []
}

function exported({ data }: Readonly<Record<string, unknown>>, failed: boolean, say: Findings): string[] {
  if (data === undefined && failed) return ['an empty file']
  if (typeof data !== 'string') {
    say.error('answer.data', `expected the file in base64, found ${found(data)}: the user downloads an empty file`)
    return ['an empty file']
  }
  const bytes = Buffer.from(data, 'base64')
  if (!isBase64(data)) {
    say.error('answer.data', `expected the file in base64, found ${found(data)}`)
    return ['a broken file']
  }
  if (bytes.length === 0) say.warning('answer.data', 'the file is empty')
  return [`a file of ${bytes.length} bytes`]
}
