/** Run as a program, when filter.ts or syscalls.ts has changed: writes the filters that strict cells are started with. */
import { writeFileSync } from 'node:fs'
import { allFilters } from './filter.ts'

for (const [name, filter] of allFilters()) writeFileSync(new URL(name, import.meta.url), filter)
