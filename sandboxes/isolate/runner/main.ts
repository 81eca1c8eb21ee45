/**
 * The runner of isolates: becomes one JavaScript module, or one version of it after the other, and answers queries about it, several at a
 * time, each in an isolate of its own. Its arguments are the file with the guest's side of the bridge and, as JSON, the limits that most
 * modules have. Descriptor 0 and 1 carry frames, 2 is the log.
 */
import { readFileSync } from 'node:fs'
import ivm from 'isolated-vm'
import { cacheOf } from '../guest_cache.ts'
import { canary } from './canary.ts'
import type { IsolateLimits } from './messages.ts'
import { run } from './runner.ts'

// Whatever a library prints is no frame.
Object.defineProperty(process, 'stdout', { get: () => process.stderr })
// A promise that nobody looked after is a bug of ours; never `process.exit`, which waits for isolates that do not stop.
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error) => {
    console.error('the runner of isolates ends because of a bug:', error)
    process.kill(process.pid, 'SIGKILL')
  })
}
// Before anything else of it is used: where no isolate is safe there is no runner.
canary()
const [, , guest = '', limits] = process.argv
const cached = new ivm.ExternalCopy(new Uint8Array(readFileSync(cacheOf(guest))).buffer)
run({ text: readFileSync(guest, 'utf8'), cached }, limits === undefined ? undefined : JSON.parse(limits) as IsolateLimits)
