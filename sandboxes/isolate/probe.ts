/**
 * Run as a program: ends with status 0 where isolates can be made and hold. Needs `--no-node-snapshot`, as every process with
 * isolated-vm.
 */
import { strict as assert } from 'node:assert'
import ivm from 'isolated-vm'

assert.ok(process.execArgv.includes('--no-node-snapshot'), 'Node was started with its snapshot (no --no-node-snapshot), which isolates do not survive')
const isolate = new ivm.Isolate({ memoryLimit: 8 })
const context = isolate.createContextSync()
assert.equal(context.evalSync('1 + 1'), 2, 'an isolate does not compute')
// Versions with the flaw GHSA-864f-rcv7-6rh4 run code of the module while they copy a value, and then give it out.
assert.throws(
  () => context.evalSync('({ get a() { return 1 } })', { copy: true }),
  /illegal access/,
  'this isolated-vm lets code of a module write into the memory of its process (GHSA-864f-rcv7-6rh4): 7.0.1 does not',
)
isolate.dispose()
