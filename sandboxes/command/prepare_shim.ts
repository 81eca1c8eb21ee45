/** Run as a program, because the host loads no bundler: makes the shim, in a folder that is not there yet. Argument: the folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const folder = process.argv[2] ?? ''
process.umask(0o022)
const input = fileURLToPath(new URL('shim/main.ts', import.meta.url))
const bundle = await rolldown({ input, platform: 'node', tsconfig: false, logLevel: 'silent', transform: { target: 'esnext' } })
const { output: [{ code }] } = await bundle.generate({ format: 'esm', comments: false })
await bundle.close()
mkdirSync(folder)
writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
writeFileSync(join(folder, 'shim.js'), code)
