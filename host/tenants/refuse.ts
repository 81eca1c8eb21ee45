import type { IncomingMessage, ServerResponse } from 'node:http'
import { QueryFailure } from '../../sandboxes/failure.ts'
import { sendProblem } from '../http/api/problem_document.ts'
import { HTML, sendPage } from '../http/compat/pages.ts'
import { isBeyond } from '../http/compat/routes.ts'
import { apiStatus, compatAnswer } from '../http/problem.ts'
import { send } from '../http/send.ts'
import type { Refusal } from './who_asks.ts'

/** What a browser asks its user for, and what a client of the API may send. */
const CHALLENGE = 'Basic realm="misp-module-host", charset="UTF-8", Bearer'

/**
 * Answers one who may not: as MISP can read it at /query, with a problem at our own routes, with a page at the others. The body is not
 * looked at. Returns the status.
 */
export function refuse(req: IncomingMessage, res: ServerResponse, id: string, { code, detail }: Refusal): number {
  const status = apiStatus[code]
  const headers = status === 401 ? ['WWW-Authenticate', CHALLENGE] : []
  if (isBeyond(req.url)) {
    sendProblem(res, id, { code, detail }, headers)
    return status
  }
  if (isQuery(req)) {
    const answer = compatAnswer(new QueryFailure(code, detail))
    send(res, id, answer.status, ['Content-Type', HTML], [answer.body], answer.body.length)
    return answer.status
  }
  sendPage(res, id, status, headers)
  return status
}

function isQuery({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && /^\/query(?:\?|$)/.test(url ?? '')
}
