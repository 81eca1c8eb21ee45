import type { ServerResponse } from 'node:http'
import { send } from '../send.ts'

/** The type that upstream gives to its error pages, and to most of its JSON. */
export const HTML = 'text/html; charset=UTF-8'

export type PageStatus = 401 | 403 | 404 | 405 | 500 | 503

const PAGES: Record<PageStatus, Buffer> = {
  401: page('401: Unauthorized'),
  403: page('403: Forbidden'),
  404: page('404: Not Found'),
  405: page('405: Method Not Allowed'),
  500: page('500: Internal Server Error'),
  503: page('503: Service Unavailable'),
}

/** An error page as upstream's HTTP library writes it. */
export function errorPage(status: PageStatus): Buffer {
  return PAGES[status]
}

export function sendPage(res: ServerResponse, id: string, status: PageStatus, headers: readonly string[] = []): void {
  const body = PAGES[status]
  send(res, id, status, ['Content-Type', HTML, ...headers], [body], body.length)
}

function page(text: string): Buffer {
  return Buffer.from(`<html><title>${text}</title><body>${text}</body></html>`)
}
