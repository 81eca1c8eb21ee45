import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from '../launch/trusted.ts'
import { madeProgram } from '../made_program.ts'

/** What stands between the host and the programs of command modules. */
export interface Shim {
  /** The Node that runs it; the runners' account can execute it. */
  readonly node: string
  /** Its program, which every account can read. Its path names its content. */
  readonly shim: string
}

const SHIM = fileURLToPath(new URL('shim', import.meta.url))
/** What the shim shares with the host. */
const SHARED = ['../wire/frames.ts', '../egress/of_query.ts', '../shell_word.ts'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

/** The shim as one file of JavaScript in the state folder. */
export async function prepareShim(state: string, account: Account | undefined): Promise<Shim> {
  const sources = [...readdirSync(SHIM).sort().map((name) => join(SHIM, name)), ...SHARED]
  const { node, program } = await madeProgram({ state, account, kind: 'command', name: 'shim.js', entry: join(SHIM, 'main.ts'), sources })
  return { node, shim: program }
}
