/** Run as a program with `--no-node-snapshot`, as runners: says whether V8 uses a cache for a script. Arguments: the script, the cache. */
import { readFileSync } from 'node:fs'
import ivm from 'isolated-vm'

const [script = '', cache = ''] = process.argv.slice(2)
const isolate = new ivm.Isolate({ memoryLimit: 64 })
const compiled = isolate.compileScriptSync(readFileSync(script, 'utf8'), { cachedData: new ivm.ExternalCopy(new Uint8Array(readFileSync(cache)).buffer) })
process.stdout.write((compiled as { cachedDataRejected?: boolean }).cachedDataRejected === false ? 'used' : 'refused')
isolate.dispose()
