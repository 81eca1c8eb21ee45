/** A server-sent event, parsed as browsers do. */
export interface SentEvent {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

export interface EventStream extends Disposable {
  readonly status: number
  readonly headers: Headers
  /** Everything that has come. */
  readonly events: readonly SentEvent[]
  readonly comments: () => number
  readonly retry: () => number | undefined
  /** Settles when the server has ended the stream. */
  readonly ended: Promise<void>
  /** Resolves with the events once there are so many that fit. */
  readonly until: (count: number, fits?: (event: SentEvent) => boolean) => Promise<readonly SentEvent[]>
}

const PATIENCE_MS = 30_000

/** Listens as a client of EventSource does; `lastEventId` is what it says when it comes back, `more` are headers besides. */
export async function listenToEvents(url: string, lastEventId?: string, more: Readonly<Record<string, string>> = {}): Promise<EventStream> {
  const leaving = new AbortController()
  const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }), ...more }
  const response = await fetch(url, { headers, signal: leaving.signal })
  const events: SentEvent[] = []
  let comments = 0
  let retry: number | undefined
  let wake = (): void => {}
  const ended = (async () => {
    let buffer = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body!) {
        buffer += decoder.decode(chunk, { stream: true })
        const blocks = buffer.split('\n\n')
        buffer = blocks.pop()!
        for (const block of blocks) take(block)
        wake()
      }
    } catch (error) {
      if (!leaving.signal.aborted) throw error
    }
  })()
  // Who wants to know how it ended asks for it.
  ended.catch(() => {})

  function take(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments += 1
      else fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim())
    }
    if (fields.has('retry')) retry = Number(fields.get('retry'))
    const data = fields.get('data')
    if (data !== undefined) events.push({ id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) })
  }

  return {
    status: response.status,
    headers: response.headers,
    events,
    ended,
    comments: () => comments,
    retry: () => retry,
    async until(count, fits = () => true) {
      const end = performance.now() + PATIENCE_MS
      for (;;) {
        const found = events.filter(fits)
        if (found.length >= count) return found
        if (performance.now() > end) throw new Error(`expected ${count} events, found ${JSON.stringify(events).slice(-2000)}`)
        await Promise.race([new Promise<void>((resolve) => { wake = resolve }), new Promise((resolve) => setTimeout(resolve, 100))])
      }
    },
    [Symbol.dispose]() {
      leaving.abort()
    },
  }
}
