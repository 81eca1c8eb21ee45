export type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>

const NAME = /^[\w!#$%&'*+.^`|~-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** The web's Headers: names in any case, several values of one joined by a comma, `set-cookie` apart. */
export class Headers {
  readonly #values = new Map<string, string[]>()

  constructor(init?: HeadersInit | null) {
    if (init === undefined || init === null) return
    if (typeof init !== 'object') throw new TypeError('expected headers as an object, pairs, or Headers')
    const pairs = Symbol.iterator in init ? init : Object.entries(init)
    for (const pair of pairs as Iterable<readonly [string, string]>) {
      const [name, value, ...more] = pair
      if (name === undefined || value === undefined || more.length > 0) throw new TypeError('expected a header to be a pair of a name and a value')
      this.append(name, value)
    }
  }

  append(name: string, value: string): void {
    const key = toName(name)
    const text = toValue(value)
    const values = this.#values.get(key)
    if (values === undefined) this.#values.set(key, [text])
    else values.push(text)
  }

  set(name: string, value: string): void {
    this.#values.set(toName(name), [toValue(value)])
  }

  delete(name: string): void {
    this.#values.delete(toName(name))
  }

  get(name: string): string | null {
    return this.#values.get(toName(name))?.join(', ') ?? null
  }

  has(name: string): boolean {
    return this.#values.has(toName(name))
  }

  getSetCookie(): string[] {
    return [...this.#values.get('set-cookie') ?? []]
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) visit.call(self, value, name, this)
  }

  * entries(): Generator<[string, string]> {
    for (const name of [...this.#values.keys()].toSorted()) {
      const values = this.#values.get(name) ?? []
      if (name === 'set-cookie') for (const value of values) yield [name, value]
      else yield [name, values.join(', ')]
    }
  }

  * keys(): Generator<string> {
    for (const [name] of this) yield name
  }

  * values(): Generator<string> {
    for (const [, value] of this) yield value
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries()
  }

  get [Symbol.toStringTag](): string {
    return 'Headers'
  }
}

function toName(name: string): string {
  const text = String(name)
  if (!NAME.test(text)) throw new TypeError(`expected the name of a header, found ${JSON.stringify(text.slice(0, 100))}`)
  return text.toLowerCase()
}

function toValue(value: string): string {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')
  if (!VALUE.test(text)) throw new TypeError(`expected the value of a header, found ${JSON.stringify(text.slice(0, 100))}`)
  return text
}
