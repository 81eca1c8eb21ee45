import {
  accessSync, chmodSync, closeSync, constants, fsyncSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PINNED } from './requirements.ts'

const Marker = z.object({
  requirement: z.string(),
  extras: z.enum(['core', 'minimal', 'all']),
  base: z.object({ python: z.string(), version: z.string(), reachable: z.boolean() }),
  installer: z.enum(['uv', 'pip']),
  failed: z.array(z.object({ requirement: z.string(), reason: z.string() })).readonly(),
  finishedAt: z.string(),
})
/** Written last into an environment of our own: without it the folder is never used. */
export type Marker = z.infer<typeof Marker>

export interface OwnEnvironment extends Marker {
  readonly folder: string
  /** The interpreter to launch. */
  readonly python: string
}

/** The folder in the state folder that holds our environments. */
export function environmentsFolder(state: string): string {
  return join(state, 'python')
}

/** The finished environment with the pinned misp-modules, the newest where there are several. Starts nothing. */
export function findOwn(state: string): OwnEnvironment | undefined {
  const folder = environmentsFolder(state)
  return namesIn(folder)
    .flatMap((name) => readOwn(join(folder, name)) ?? [])
    .filter(({ requirement }) => requirement.replace(/\[.*\]/, '') === PINNED)
    .sort((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1))[0]
}

/** undefined where the folder is unfinished, or its interpreter is gone. */
export function readOwn(folder: string): OwnEnvironment | undefined {
  const python = pythonOf(folder)
  try {
    accessSync(python, constants.X_OK)
    const marker = Marker.safeParse(JSON.parse(readFileSync(join(folder, MARKER), 'utf8'))).data
    return marker === undefined ? undefined : { ...marker, folder, python }
  } catch {
    return undefined
  }
}

/** Says that an environment is complete. The file appears whole or not at all, and after everything else. */
export function markComplete(folder: string, marker: Marker): void {
  const next = join(folder, `${MARKER}.next`)
  writeFileSync(next, JSON.stringify(marker, null, 2))
  chmodSync(next, 0o644)
  const descriptor = openSync(next, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(next, join(folder, MARKER))
}

/** Replaces what a complete environment could not have. */
export function noteFailed(own: OwnEnvironment, failed: Marker['failed']): void {
  markComplete(own.folder, Marker.parse({ ...own, failed }))
}

export function pythonOf(folder: string): string {
  return join(folder, 'bin', 'python')
}

const MARKER = 'complete.json'

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
