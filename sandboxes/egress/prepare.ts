import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from '../launch/trusted.ts'
import { madeProgram, type MadeProgram } from '../made_program.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const SHARED = [fileURLToPath(new URL('../wire/frames.ts', import.meta.url))]

/** The egress process as one file of JavaScript in the state folder. */
export async function prepareGate(state: string, account: Account | undefined): Promise<MadeProgram> {
  const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).sort()
  const sources = [...files.map((name) => join(HERE, name)), ...SHARED]
  return await madeProgram({ state, account, kind: 'egress', name: 'gate.js', entry: join(HERE, 'gate', 'main.ts'), sources })
}
