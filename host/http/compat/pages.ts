import type { ServerResponse } from 'node:http'
import { send } from '../send.ts'

/** The type that upstream gives to its error pages, and to most of its JSON. */
export const HTML = 'text/html; charset=UTF-8'

export type PageStatus = 404 | 405 | 500

const PAGES: Record<PageStatus, Buffer> = {
  404: page('404: Not Found'),
  405: page('405: Method Not Allowed'),
  500: page('500: Internal Server Error'),
}

/** An error page as upstream's HTTP library writes it. */
export function errorPage(status: PageStatus): Buffer {
  return PAGES[status]
}

export function sendPage(res: ServerResponse, id: string, status: PageStatus): void {
  const body = PAGES[status]
  send(res, id, status, ['Content-Type', HTML], [body], body.length)
}

function page(text: string): Buffer {
  return Buffer.from(`<html><title>${text}</title><body>${text}</body></html>`)
}
