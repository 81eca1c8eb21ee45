/**
 * Run as a program, with `--no-node-snapshot`: makes isolates whose host functions return what none of ours does, and prints what code inside
 * of them gets, as JSON.
 */
import { Cage, type CageEvents } from '../../sandboxes/isolate/runner/cage.ts'
import { Pace } from '../../sandboxes/isolate/runner/pace.ts'

/** In the place of our side of the bridge: the only code that ever has the host's functions. */
const GUEST = `(answer, call, log) => {
  const kind = (work) => { try { return typeof work() } catch (error) { return error.name } }
  return (entry) => {
    if (entry !== 'ask') return
    const found = [() => call(1, 'timer', '0'), () => log('a line'), () => answer('module_error', '')].map(kind)
    answer('success', JSON.stringify(found))
  }
}`

const RETURNED: Readonly<Record<string, unknown>> = {
  'an object': { host: 'secret' }, 'a function': () => process.pid, 'a promise': Promise.resolve({ host: 'secret' }), 'a map': new Map([['host', 'secret']]), 'a text': 'secret',
}

const found: Record<string, unknown> = {}
for (const [what, value] of Object.entries(RETURNED)) {
  const events = {
    answered(outcome: string, payload: string) {
      if (outcome === 'success') found[what] = JSON.parse(payload)
      return value
    },
    called: () => value,
    logged: () => value,
    left() {},
  } satisfies Record<keyof CageEvents, (...args: never[]) => unknown>
  const options = { guest: { text: GUEST, cached: undefined }, bundle: { text: 'var __module = {}', cached: undefined }, heapMb: 32, limits: {} as never, parts: [], pace: new Pace() }
  const cage = await Cage.make(options, events)
  const left = Promise.withResolvers<void>()
  events.left = left.resolve
  cage.enter('ask', [''], 5000)
  await left.promise
  cage.dispose()
}
process.stdout.write(JSON.stringify(found))
