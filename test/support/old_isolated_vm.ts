import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Does in respect of GHSA-864f-rcv7-6rh4 what isolated-vm did before 6.2.0 and 7.0.1: it runs the getter while it copies. */
const OLD = `exports.Isolate = class {
  createContextSync() {
    return { evalSync: (code, { copy } = {}) => (copy ? structuredClone(eval(code)) : eval(code)) }
  }
  dispose() {}
}
`

/** Puts it where a folder of isolates has its isolated-vm. */
export function placeOldIsolatedVm(folder: string): void {
  const place = join(folder, 'node_modules/isolated-vm')
  rmSync(place, { recursive: true })
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{"name":"isolated-vm","version":"7.0.0","main":"index.js"}')
  writeFileSync(join(place, 'index.js'), OLD)
}
