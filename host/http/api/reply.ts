import type { FastifyReply } from 'fastify'
import { PROBLEM_TYPE, problemDocument, problemStatus, type Problem } from './problem_document.ts'

/** Answers with a value as JSON, which nobody may keep or take for something else. */
export function jsonReply(reply: FastifyReply, value: unknown): FastifyReply {
  return safe(reply).type('application/json').send(JSON.stringify(value))
}

export function problemReply(reply: FastifyReply, problem: Problem): FastifyReply {
  const body = JSON.stringify(problemDocument(problem, reply.request.id))
  return safe(reply).code(problemStatus(problem.code)).type(PROBLEM_TYPE).send(body)
}

function safe(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
}
