import { type Command, Option } from 'commander'
import { SETTINGS } from '../config/config.ts'
import { loadConfig } from '../config/load_config.ts'
import type { Config } from '../config/config.ts'
import { type Setting, VARIABLE_PREFIX } from '../config/setting.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Adds `--config` and settings as flags, whole sections (`roots`) or single keys (`python.path`), and how they rank. */
export function addSettings(command: Command, wanted: readonly string[]): Command {
  command.option('--config <FILE>', 'configuration file (JSON)')
  for (const setting of SETTINGS) {
    if (wanted.includes(setting.section) || wanted.includes(`${setting.section}.${setting.key}`)) command.addOption(toOption(setting))
  }
  return command.addHelpText('after', SOURCES)
}

const SOURCES = `
Every setting is a flag, an environment variable and a key of the configuration
file, and ranks in this order: --log-level is ${VARIABLE_PREFIX}LOG_LEVEL and
{"log": {"level": ...}}. --config or ${VARIABLE_PREFIX}CONFIG names the file.
Only there: {"modules": {"joesandbox_*": {"timeout": 60, "memoryMb": 256}}}, and
"tenants" with their "operator"; see the README.`

/** The configuration that a command was called with; `running`: see Sources. Throws ConfigError. */
export function configOf(command: Command, environment: Environment, running?: Config['host']['profile']): Config {
  const flags = Object.fromEntries(command.options.flatMap((option) => {
    const name = option.attributeName()
    // What was not given on the command line must not outrank the environment and the file.
    return command.getOptionValueSource(name) === 'cli' ? [[flagOf(option), command.getOptionValue(name)]] : []
  }))
  const { config: file } = command.opts<{ config?: string }>()
  return loadConfig({ flags, environment, file, running })
}

/** The long flag without dashes; of `--no-install` as well: `install`. */
function flagOf(option: Option): string {
  return (option.long ?? '').replace(/^--(no-)?/, '')
}

function toOption({ flag, short, value, what, kind, choices, default: byDefault, strict }: Setting): Option {
  const letter = short === undefined ? '' : `-${short}, `
  if (kind === 'boolean') return new Option(byDefault === true ? `--no-${flag}` : `${letter}--${flag}`, what)
  const general = byDefault === undefined || byDefault === '' || typeof byDefault === 'object' ? [] : [`default: ${byDefault}`]
  const defaults = [...general, ...(strict === undefined ? [] : [`profile strict: ${strict}`])]
  const shown = defaults.length === 0 ? '' : ` (${defaults.join('; ')})`
  const words = choices === undefined ? '' : `: ${choices.join(', ')}`
  const option = new Option(`${letter}--${flag} <${value ?? 'TEXT'}>`, `${what}${words}${shown}`)
  if (kind === 'list') option.argParser((text: string, sofar: string[] | undefined) => [...(sofar ?? []), text])
  return option
}
