import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll } from 'vitest'
import { WEB_RESOLUTION } from '../../../../sandboxes/isolate/guest/web/bundling.ts'
import type { EgressGrant } from '../../../../sandboxes/contract.ts'
import { ANY_PUBLIC } from '../../../../sandboxes/egress/grant.ts'
import type { Done, Job } from './child.ts'

export interface Guest {
  /** Runs the body of an async function in a fresh isolate; see child.ts for what it is given. Throws what it throws, as a text. */
  readonly run: (script: string, more?: { grant?: EgressGrant; servers?: readonly string[] }) => Promise<unknown>
  /** What a function that uses nothing but globals and its argument makes of it: in an isolate, and in Node, which is right. */
  readonly both: <Argument, Value>(work: (argument: Argument) => Value, argument: Argument) => Promise<{ there: unknown; here: unknown }>
  /** As `run`, with what was called. */
  readonly calls: (script: string) => Promise<Done>
  readonly bundle: () => string
}

/** A process with isolates for the tests of a file. */
export function useGuest(): Guest {
  let bundle = ''
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), { execArgv: ['--no-node-snapshot'], stdio: 'inherit' })
  beforeAll(async () => {
    bundle = await bundled()
  })
  afterAll(async () => {
    if (child.exitCode === null) {
      child.disconnect()
      await once(child, 'exit')
    }
  })
  const ask = async (job: Omit<Job, 'bundle'>): Promise<Done> => {
    child.send({ bundle, ...job } satisfies Job)
    const [done] = await once(child, 'message') as [Done]
    return done
  }
  const run: Guest['run'] = async (script, { grant = ANY_PUBLIC, servers } = {}) => {
    const { value, error } = await ask({ script, grant, ...(servers === undefined ? {} : { servers }) })
    if (error !== undefined) throw new Error(error)
    return value
  }
  return {
    run,
    async both(work, argument) {
      const text = JSON.stringify(argument)
      const there = await run(`return await (${String(work)})(${text})`)
      return { there, here: JSON.parse(JSON.stringify(await work(JSON.parse(text)))) as unknown }
    },
    calls: (script) => ask({ script, grant: ANY_PUBLIC }),
    bundle: () => bundle,
  }
}

/** The guest's code as one script, made as the runner's is. */
async function bundled(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('./entry.ts', import.meta.url)), platform: 'neutral', resolve: WEB_RESOLUTION,
  })
  const { output } = await build.generate({ format: 'iife', minify: true })
  await build.close()
  return output[0].code
}
