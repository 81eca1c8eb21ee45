/** Asks the host for what only it can do: JSON in, JSON out, `{"ok": value}` or `{"err": text, "code": text}`. */
export type Call = (kind: 'fetch' | 'dns' | 'timer' | 'log', argument: string) => Promise<string>

/** The value of an answer; throws what the host says, an Error with its `code`, made by `toError`. */
export async function answerTo(call: Call, kind: Parameters<Call>[0], argument: unknown, toError: (text: string) => Error = (text) => new Error(text)): Promise<unknown> {
  const answer = JSON.parse(await call(kind, JSON.stringify(argument))) as { ok?: unknown; err?: string; code?: string }
  if (answer.err === undefined) return answer.ok
  throw Object.assign(toError(answer.err), { code: answer.code })
}
