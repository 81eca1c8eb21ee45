#!/usr/bin/env node
// argv -> command. JavaScript, and nothing else imported before the compile cache is on: for a TypeScript file Node would first
// load its compiler, which takes as long as the rest of a start.
import module from 'node:module'
import { fileURLToPath } from 'node:url'

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Beside the packages and not in the system's folder for temporary files, where anybody could put code for us to run.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/misp-module-host', import.meta.url)))
  const { run } = await import('./cli/program.ts')
  process.exitCode = await run(process.argv.slice(2), process.env)
} else {
  const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  process.stderr.write(`expected Node 24 or newer, found ${process.version}; "npm ci" has brought one: use npm start, npx or ${own}\n`)
  process.exitCode = 1
}
