import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config_error.ts'
import { addSettings, configOf } from './options.ts'
import { expandPrefixes } from './upstream_prefixes.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Exit statuses, as upstream's: bad arguments are 2, what the machine lacks is 1. */
const USAGE = 2
const FAILED = 1

/** Runs the command that the arguments name. Returns the status to leave with; errors are printed. */
export async function run(argv: readonly string[], environment: Environment): Promise<number> {
  let status = 0
  const program = build(environment, (code) => { status = code })
  const known = new Set(program.commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])))
  try {
    await program.parseAsync(expandPrefixes(argv, known), { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`)
      return USAGE
    }
    if (!(error instanceof Error) || !EXPECTED.has(error.name)) throw error
    process.stderr.write(`${error.message}\n`)
    return FAILED
  }
}

/** Errors whose message is all that an operator needs. */
const EXPECTED = new Set(['SetupError', 'ListenFailure', 'OperatorError'])

function build(environment: Environment, leave: (status: number) => void): Command {
  const program = new Command('misp-module-host')
    .description('Serves MISP modules behind the REST API of misp-modules, each module in a process that can be killed.')
    .exitOverride()
    .showHelpAfterError('(see --help)')
  addSettings(program.command('serve', { isDefault: true }), SERVED)
    .description('serve the API (what a bare call does)')
    .option('-t, --test', 'start, bind the port, log, and end')
    .option('-s, --system <VALUE>', 'ignored, as upstream does')
    .action(async (_options, command: Command) => {
      const { serve } = await import('./serve.ts')
      const { test = false } = command.opts<{ test?: boolean }>()
      leave(await serve({ load: () => configOf(command, environment), environment, test }))
    })
  return program
}

/** Every section: a server uses them all. */
const SERVED = ['server', 'roots', 'host', 'python', 'limits', 'pool', 'queue', 'log']
