import { compatAnswer } from '../../host/http/problem.ts'
import { BLAME, QueryFailure, type FailureCode } from '../../sandboxes/failure.ts'

export const FAILURE_HEAD = ['Code', 'Whose fault', 'What happened', 'What MISP gets'] as const

/** Answers that many failures have, by the name that the manual gives them. */
export const NAMED_ANSWERS: Readonly<Record<string, string>> = {
  'the generic error': '{"error":"Something went wrong, look in the server logs for details"}',
  'the generic error with `results`': '{"error":"Something went wrong, look in the server logs for details","results":[]}',
  'the reason with `results`': '{"error":"the reason","results":[]}',
}

/** Every code with whose fault it is and what `POST /query` answers, in the manual's words. The third column is the manual's own. */
export function failureRows(): readonly (readonly [code: string, blame: string, answer: string])[] {
  return (Object.keys(BLAME) as FailureCode[]).map((code) => {
    const { status, body } = compatAnswer(new QueryFailure(code, 'the reason'))
    return [`\`${code}\``, BLAME[code], `${status}: ${shown(body.toString())}`]
  })
}

function shown(body: string): string {
  const page = /<title>(.*)<\/title>/.exec(body)?.[1]
  if (page !== undefined) return `the page \`${page}\``
  const [name] = Object.entries(NAMED_ANSWERS).find(([, answer]) => answer === body) ?? []
  return name ?? (body === '' ? 'nothing, an empty body' : `\`${body}\``)
}
