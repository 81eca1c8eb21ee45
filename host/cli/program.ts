import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config_error.ts'
import { didYouMean } from '../nearest.ts'
import { addCommands } from './commands.ts'
import { Interrupted } from './interruption.ts'
import { expandPrefixes } from './upstream_prefixes.ts'
import { UsageError } from './usage_error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Exit statuses, as upstream's: bad arguments are 2, what the machine lacks is 1. */
const USAGE = 2
const FAILED = 1
/** The profile strict cannot be had: nothing was started. */
const NOT_STRICT = 3

/** Runs the command that the arguments name. Returns the status to leave with; errors are printed. */
export async function run(argv: readonly string[], environment: Environment): Promise<number> {
  const unwritten = watchOutput()
  let status = 0
  const program = build(environment, (code) => { status = code })
  try {
    rejectUnknownCommand(argv[0], program)
    await program.parseAsync(expandPrefixes(argv, new Set(flagsOf(program))), { from: 'user' })
    // A stream tells of its errors in the next turn.
    await setImmediate()
    if (unwritten() === undefined) return status
    process.stderr.write(`the output could not be written: ${unwritten()?.message}\n`)
    return FAILED
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    if (!(error instanceof Error)) throw error
    const known = statusOf(error)
    if (known === undefined) throw error
    process.stderr.write(`${error.message}\n`)
    return known
  }
}

/** undefined: a bug. Errors whose message is all that an operator needs are known by name, so that their files are not loaded for it. */
function statusOf(error: Error): number | undefined {
  if (error instanceof ConfigError || error instanceof UsageError) return USAGE
  if (error instanceof Interrupted) return error.status
  if (error.name === 'StrictUnavailable') return NOT_STRICT
  return EXPECTED.has(error.name) || MACHINE.has((error as NodeJS.ErrnoException).code ?? '') ? FAILED : undefined
}

const EXPECTED = new Set(['SetupError', 'ListenFailure', 'OperatorError'])
/** What the system refuses to do with a file, which its message names. */
const MACHINE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'])

function build(environment: Environment, leave: (status: number) => void): Command {
  const program = new Command('misp-module-host')
    .description('Serves MISP modules behind the REST API of misp-modules, each module in a process that can be killed.')
    .version(ownVersion(), '-V, --version', 'print the version of the host and end')
    .exitOverride()
    .showHelpAfterError('(see --help)')
  addCommands(program, environment, leave)
  return program
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}

/** A bare call serves, so that a word in front would be taken for an argument of `serve`. Throws UsageError. */
function rejectUnknownCommand(word: string | undefined, { commands }: Command): void {
  const names = [...commands.map((command) => command.name()), 'help']
  if (word === undefined || word.startsWith('-') || names.includes(word)) return
  throw new UsageError(`expected a command, found "${word}"${didYouMean(word, names)} (there are: ${names.join(', ')}; see --help)`)
}

function flagsOf({ options, commands }: Command): string[] {
  return [...options.flatMap(({ long }) => long ?? []), ...commands.flatMap(flagsOf)]
}

/** Why output was lost. A reader that stops when it has enough, such as `head`, is no reason. */
function watchOutput(): () => Error | undefined {
  let lost: Error | undefined
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') lost = error
    })
  }
  return () => lost
}
