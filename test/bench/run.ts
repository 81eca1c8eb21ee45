import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { makeSamples, type Samples } from '../support/samples.ts'
import { Children } from './children.ts'
import { Load } from './load.ts'
import type { Measure } from './measure.ts'
import { MEASURES } from './measures.ts'
import { benchPython, pythonVersion } from './python.ts'
import { formatTable, isMet, type Line } from './table.ts'

interface Options {
  readonly only?: readonly string[]
  readonly quick?: boolean
  readonly json?: string
}

/** Both servers in one run, taking turns; prints the goals with the figures. Exits 1 when a measure could not be taken. */
async function main(options: Options): Promise<void> {
  const measures = chosen(options.only)
  const python = await benchPython(process.env)
  // Where the samples' own script finds its interpreter.
  process.env['MISP_TEST_PYTHON'] = python
  const machine = await describeMachine(python)
  console.log(`${Object.entries(machine).map(([name, value]) => `${name} ${value}`).join(', ')}\n`)
  const lines: Line[] = []
  await using samples = await makeSamples()
  for (const measure of measures) {
    const begin = performance.now()
    process.stderr.write(`${measure.name} ... `)
    const found = await take(measure, python, samples, options.quick ?? false)
    lines.push(...found)
    process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(0)} s\n`)
    for (const line of found) if ('reason' in line) process.stderr.write(`  ${line.goal}: ${line.reason}\n`)
  }
  console.log(formatTable(lines))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ machine, lines: lines.map(withVerdict) }, null, 2)}\n`)
  if (lines.some((line) => 'reason' in line)) process.exitCode = 1
}

function chosen(only: readonly string[] | undefined): readonly Measure[] {
  const unknown = (only ?? []).filter((name) => !MEASURES.some((measure) => isOf(measure, name)))
  if (unknown.length > 0) {
    throw new Error(`no measure is named ${unknown.join(', ')}; there are ${MEASURES.map(({ name }) => name).join(', ')}`)
  }
  return only === undefined ? MEASURES : MEASURES.filter((measure) => only.some((name) => isOf(measure, name)))
}

/** `strict` stands for `strict-egress` as well. */
function isOf({ name }: Measure, chosenName: string): boolean {
  return name === chosenName || name.startsWith(`${chosenName}-`)
}

/** A measure's rows; a goal that it has none for, because it failed or took too long, says why. */
async function take(measure: Measure, python: string, samples: Samples, quick: boolean): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const children = new Children(folder)
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`it took longer than ${measure.seconds} s`)), measure.seconds * 1000)
  try {
    const load = new Load(children)
    const work = measure.measure({ python, children, load, samples, rounds: quick ? 3 : 5, scale: quick ? 0.4 : 1 })
    // When it is given up its processes are ended under it; what it says to that is of no interest.
    work.catch(() => {})
    return await Promise.race([work, late])
  } catch (error) {
    return measure.goals.map((goal) => ({ goal, reason: (error as Error).message }))
  } finally {
    clearTimeout(timer)
    await children[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function describeMachine(python: string): Promise<Record<string, string>> {
  return {
    cpus: String(availableParallelism()),
    kernel: release(),
    node: process.version,
    python: await pythonVersion(python),
  }
}

function withVerdict(line: Line): object {
  return { ...line, met: isMet(line) }
}

const program = new Command('bench')
  .description('Compares our server with the upstream misp-modules server; MISP_BENCH_PYTHON names the interpreter of both.')
  .option('--only <names>', 'only these measures, separated by commas', (names: string) => names.split(','))
  .option('--quick', 'fewer rounds and less time under load: coarser figures')
  .option('--json <file>', 'write the figures there as well')
await main(program.parse().opts<Options>())
