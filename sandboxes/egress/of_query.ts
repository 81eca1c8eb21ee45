/** As ids of queries are, which is all that is believed of what comes in by a door. */
const FORM = /^[\w.-]{1,64}(?:\/[0-9a-f]{8})?$/

/**
 * How a request says at a door which query it is of, as the value of `Proxy-Authorization`: in the user name of the proxy, which clients
 * send along by themselves.
 */
export function sayQuery(query: string): string {
  return `Basic ${Buffer.from(`${query}:`).toString('base64')}`
}

/** The query that a request says it is of; undefined: none, or nothing of the form that an id has. */
export function saidQuery(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic ([\w+/=]{1,200})$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [query = ''] = Buffer.from(encoded, 'base64').toString('latin1').split(':')
  return FORM.test(query) ? query : undefined
}
