#!/usr/bin/env node
// argv -> command. Everything else is imported after the compile cache is on: it halves the time of a start.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Beside the packages and not in the system's folder for temporary files, where anybody could put code for us to run.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/misp-module-host', import.meta.url)))
const { run } = await import('./cli/program.ts')
process.exitCode = await run(process.argv.slice(2), process.env)
