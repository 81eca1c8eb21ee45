import type { ChildProcess } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Readable } from 'node:stream'
import { descendants } from '../../process/process_tree.ts'
import { startOf } from '../../process/process_start.ts'
import type { CellSpec } from '../../runtime.ts'
import { StrictUnavailable } from '../bubblewrap.ts'
import type { Launch } from '../launch.ts'
import { DENIED, LOOKED_AT, numberOf } from '../seccomp/syscalls.ts'
import { probeMemory } from './memory.ts'
import { mendOf } from './mend.ts'
import { judgeNode, judgePython, NodeFacts, PythonFacts, type Tried } from './judge.ts'

type Seen = Pick<CellSpec, 'command' | 'reads' | 'copies'>

export interface ProbeOptions {
  readonly launch: Launch
  /** Cells of the kinds that modules get: what they read is what the program of the probe gets. */
  readonly node: Seen
  /** The program that tries whether isolates hold, as their runners are started; or why there is none. */
  readonly isolates: Pick<CellSpec, 'command' | 'args' | 'reads'> | { readonly unusable: string }
  /** undefined: no modules in Python, and the calls that only it can make are not tried. */
  readonly python: Seen | undefined
  /** What runners hold themselves to. */
  readonly filter: string
  /** A folder that every account can read, for a file that no cell may see. */
  readonly folder: string
}

/** A cell starts in a tenth of a second and ends in a hundredth; a machine that is busy may take long for both. */
const LONGEST_MS = 60_000
const KILL_MS = 5000
const OUTPUT_BYTES = 64 * 1024

/**
 * Tries, in cells such as modules get, everything that the profile is there to prevent. Returns what was tried; rejects with
 * StrictUnavailable where a cell does not start at all.
 */
export async function probeStrict(options: ProbeOptions): Promise<readonly Tried[]> {
  const [node, python, ...others] = await Promise.all([probeNode(options), probePython(options), probeIsolates(options), probeKill(options), probeMemory(options)])
  return [...node, ...python, ...others]
}

async function probeNode({ launch, node, folder }: ProbeOptions): Promise<Tried[]> {
  const planted = join(folder, 'planted')
  writeFileSync(planted, 'of the host', { mode: 0o644 })
  try {
    const said = await ask(launch, { ...spec('node', node), args: ['--no-node-snapshot', '--jitless', '-e', NODE_PROGRAM, planted] })
    return judgeNode(NodeFacts.parse(said))
  } finally {
    rmSync(planted, { force: true })
  }
}

async function probePython({ launch, python, filter }: ProbeOptions): Promise<Tried[]> {
  if (python === undefined) return []
  const said = await ask(launch, { ...spec('python', python), starts: 'processes', args: ['-I', '-S', '-c', PYTHON_PROGRAM, filter, JSON.stringify(NUMBERS)] })
  return judgePython(PythonFacts.parse(said))
}

async function probeIsolates({ launch, isolates }: ProbeOptions): Promise<Tried> {
  const what = 'isolates keep modules inside of them'
  if ('unusable' in isolates) return { what, holds: false, found: isolates.unusable }
  const { errors, how } = await run(launch, { ...spec('isolates', isolates), args: isolates.args })
  return { what, holds: how === 'status 0', found: how === 'status 0' ? 'isolated-vm refuses what it has to' : `${how}: ${causeIn(errors)}` }
}

/** A cell that is ended is gone with all that it has started. */
async function probeKill({ launch, node }: ProbeOptions): Promise<Tried> {
  const what = 'a cell that is killed is gone with all that is in it'
  const child = launch({ ...spec('node', node), args: ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("{}")'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const said = firstLine(child.stdout as Readable)
  await Promise.race([said, ended])
  const pid = child.pid ?? 0
  const members = descendants(pid).map((member) => ({ member, started: startOf(member) })).filter(({ started }) => started !== undefined)
  child.kill('SIGKILL')
  const until = performance.now() + KILL_MS
  let left = members
  while (left.length > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    left = left.filter(({ member, started }) => startOf(member) === started)
  }
  return { what, holds: members.length > 0 && left.length === 0, found: `${left.length} of ${members.length} processes left` }
}

function spec(name: string, { command, reads = [], copies = {} }: Seen): CellSpec {
  return { name: `probe/${name}`, command, args: [], env: {}, preload: undefined, reads, copies }
}

/** What the program in a cell prints, parsed. Rejects with StrictUnavailable and what was said instead. */
async function ask(launch: Launch, asked: CellSpec): Promise<unknown> {
  const { output, errors, how } = await run(launch, asked)
  try {
    return JSON.parse(output)
  } catch {
    const last = errors.trim().split('\n').at(-1) || output.trim().slice(0, 200) || 'nothing'
    throw new StrictUnavailable(`a cell does not start (${asked.name}, ${how}): ${last}`, mendOf(errors))
  }
}

/** How a program in a cell ends, and what it says until then. */
async function run(launch: Launch, asked: CellSpec): Promise<{ output: string; errors: string; how: string }> {
  const child = launch(asked)
  const late = setTimeout(() => endGroup(child), LONGEST_MS)
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  child.once('close', (status, signal) => resolve(signal ?? `status ${status}`))
  child.stdin?.end()
  const [output, errors, how] = await Promise.all([textOf(child.stdout as Readable), textOf(child.stderr as Readable), ended])
  clearTimeout(late)
  return { output, errors, how }
}

/** The line of what Node says that names the error. */
function causeIn(errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim()).filter(Boolean)
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'nothing was said').slice(0, 500)
}

/** What it has started holds its pipes as well. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone by itself in the meantime.
  }
}

async function firstLine(stream: Readable): Promise<void> {
  for await (const _ of stream) return
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text = `${text}${String(chunk)}`.slice(0, OUTPUT_BYTES)
  return text
}

const NODE_PROGRAM = readFileSync(fileURLToPath(new URL('node_facts.js', import.meta.url)), 'utf8')
const PYTHON_PROGRAM = readFileSync(fileURLToPath(new URL('python_facts.py', import.meta.url)), 'utf8')
const NUMBERS = Object.fromEntries(Object.entries({ ...LOOKED_AT, ...DENIED })
  .map(([name, numbers]) => [name, numberOf(numbers, process.arch === 'arm64' ? 'arm64' : 'x64')]))
