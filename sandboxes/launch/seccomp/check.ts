import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StrictUnavailable } from '../bubblewrap.ts'
import { FILTERS, makeFilter } from './filter.ts'
import { ARCHITECTURES, type Architecture } from './syscalls.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** Whether the filters of this processor are there and are what their sources say. Throws StrictUnavailable. */
export function checkFilters(folder = HERE, architecture: string = process.arch): void {
  const known = ARCHITECTURES.find((each): each is Architecture => each === architecture)
  if (known === undefined) throw new StrictUnavailable(`there is no filter of system calls for ${architecture}`, `a machine with one of ${ARCHITECTURES.join(', ')}`)
  for (const name of FILTERS) {
    const file = join(folder, `${name}-${known}.bpf`)
    if (!contentOf(file)?.equals(makeFilter(name, known))) {
      throw new StrictUnavailable(`${file} is not there, or not what it should be`, 'git checkout -- sandboxes/launch/seccomp')
    }
  }
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
