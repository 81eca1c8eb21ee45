/** Run as a program, because the host loads no bundler. Arguments: a program's first file, the folder to make, which is not there yet, and what to call its file. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const [input = '', folder = '', name = ''] = process.argv.slice(2)
process.umask(0o022)
const bundle = await rolldown({ input, platform: 'node', tsconfig: false, logLevel: 'silent', transform: { target: 'esnext' } })
const { output: [{ code }] } = await bundle.generate({ format: 'esm', comments: false, codeSplitting: false })
await bundle.close()
mkdirSync(folder)
writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
writeFileSync(join(folder, name), code)
