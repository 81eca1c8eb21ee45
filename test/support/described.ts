import { copyFile, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { testCache } from './test_cache.ts'

const FILE = 'describe.json'

/** Gives a new state folder what an earlier server has learned of upstream's modules; a server that it does not fit ignores it. */
export async function takeDescribed(state: string): Promise<void> {
  await copyFile(join(testCache(), FILE), join(state, FILE)).catch(() => {})
}

/** Keeps what a server has learned of upstream's modules for the next one. */
export async function keepDescribed(state: string): Promise<void> {
  const next = join(testCache(), `${FILE}.${process.pid}`)
  await mkdir(testCache(), { recursive: true })
  await copyFile(join(state, FILE), next).then(() => rename(next, join(testCache(), FILE)), () => {})
}
