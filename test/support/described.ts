import { copyFile, cp, mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { testCache } from './test_cache.ts'

const FILE = 'describe.json'
/** What a state folder has besides, made once for a version of our own programs and of modules. */
const MADE = /^(?:contents|(?:isolate|command|egress)-[0-9a-f]{16})$/

/**
 * Gives a new state folder what an earlier server has made, and has learned of the modules that every server has; one that it does not
 * fit ignores it.
 */
export async function takeDescribed(state: string): Promise<void> {
  await copyFile(join(testCache(), FILE), join(state, FILE)).catch(() => {})
  const made = (await readdir(testCache()).catch(() => [])).filter((name) => MADE.test(name))
  for (const name of made) {
    // Which processes use it is not true of a copy.
    const filter = (path: string): boolean => path !== join(testCache(), name, 'users')
    await cp(join(testCache(), name), join(state, name), { recursive: true, verbatimSymlinks: true, filter }).catch(() => {})
  }
}

/** Keeps what a server has learned for the next one, where what is kept is of another environment. */
export async function keepDescribed(state: string): Promise<void> {
  const [ours, kept] = await Promise.all([environmentOf(state), environmentOf(testCache())])
  if (ours === undefined || ours === kept) return
  const next = join(testCache(), `${FILE}.${process.pid}`)
  await mkdir(testCache(), { recursive: true })
  await copyFile(join(state, FILE), next).then(() => rename(next, join(testCache(), FILE)), () => {})
}

async function environmentOf(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as { environment: string }).environment
}
