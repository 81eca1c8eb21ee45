import { InvalidArgumentError, Option, type Command } from 'commander'
import { MODULE_TYPES, type ModuleType } from '../../sandboxes/contract.ts'
import type { LanguageName } from './new/languages.ts'
import { addSettings, configOf } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Leave = (status: number) => void

/** What all commands that run modules without serving them are told. */
const LOOKING = ['roots', 'host', 'python.path']

/** Adds every command. What one of them needs is loaded when it is called, so that `serve` starts quickly. */
export function addCommands(program: Command, environment: Environment, leave: Leave): void {
  addServe(program, environment, leave)
  addQuery(program, environment, leave)
  addList(program, environment)
  addPython(program, environment, leave)
  addDoctor(program, environment, leave)
  addCheck(program, environment, leave)
  addNew(program, environment)
  addDev(program, environment, leave)
  addKey(program)
}

function addServe(program: Command, environment: Environment, leave: Leave): void {
  addSettings(program.command('serve', { isDefault: true }), ['server', 'roots', 'host', 'python', 'limits', 'pool', 'queue', 'egress', 'log'])
    .summary('serve the API (what a bare call does)')
    .description('Serves the REST API of misp-modules, until SIGINT or SIGTERM. The first start makes a Python environment where there is none.')
    .option('-t, --test', 'start, bind the port, log, and end')
    .option('-s, --system <VALUE>', 'ignored, as upstream does')
    .action(async (_options, command: Command) => {
      const { serve } = await import('./serve.ts')
      const { test = false } = command.opts<{ test?: boolean }>()
      leave(await serve({ load: (running) => configOf(command, environment, running), environment, test }))
    })
}

function addQuery(program: Command, environment: Environment, leave: Leave): void {
  addSettings(program.command('query <MODULE> [BODY...]'), [...LOOKING, 'egress'])
    .summary('ask one module, without a server')
    .description('Asks one module, without a server, and prints its answer.')
    .option('--timeout <SECONDS>', 'time for the module, once it is loaded (default: as configured)', positive)
    .option('--json', "print the module's answer byte by byte")
    .option('-v, --verbose', 'print what the module logged, also where it answered')
    .addHelpText('after', QUERY_HELP)
    .action(async (module: string, words: string[], _options, command: Command) => {
      const { query } = await import('./query.ts')
      const { timeout, json = false, verbose = false } = command.opts<{ timeout?: number; json?: boolean; verbose?: boolean }>()
      leave(await query({ config: configOf(command, environment), environment, module, words, timeout, json, verbose }))
    })
}

function addList(program: Command, environment: Environment): void {
  addSettings(program.command('list'), LOOKING)
    .summary('list the modules, and why some are not loaded')
    .description('Lists the modules: whether they load, else why not and what mends it, and which answer without a key or a network.')
    .option('--failed', 'only those that are not loaded')
    .option('--json', 'print a JSON list')
    .action(async (_options, command: Command) => {
      const { list } = await import('./list.ts')
      const { failed = false, json = false } = command.opts<{ failed?: boolean; json?: boolean }>()
      await list({ config: configOf(command, environment), environment, failed, json })
    })
}

function addPython(program: Command, environment: Environment, leave: Leave): void {
  const group = program.command('python')
    .summary('the environment that Python modules run in: install, list')
    .description('The environment that Python modules run in.')
  addSettings(group.command('install [MODULE...]'), [...LOOKING, 'python.extras', 'python.findLinks'])
    .summary('install misp-modules, or what single modules need')
    .description('Installs misp-modules into --python or an environment of our own; with names of modules, what these need into the '
      + 'environment that serving uses. An install that was interrupted is gone on with.')
    .action(async (modules: string[], _options, command: Command) => {
      const { installCommand } = await import('./python_commands.ts')
      leave(await installCommand({ config: configOf(command, environment), environment, modules }))
    })
  addSettings(group.command('list'), LOOKING)
    .summary('which modules load, and what mends the others')
    .description('Lists the modules with what is missing where one does not load, and the command that mends it.')
    .action(async (_options, command: Command) => {
      const { listCommand } = await import('./python_commands.ts')
      await listCommand({ config: configOf(command, environment), environment })
    })
}

function addDoctor(program: Command, environment: Environment, leave: Leave): void {
  addSettings(program.command('doctor'), [...LOOKING, 'server.listen', 'server.port'])
    .summary('check that everything needed is there')
    .description('Checks everything that serving needs, a line each: what was found, what is needed, which command mends it. '
      + 'Ends with status 1 where something needed is missing.')
    .option('--json', 'print a JSON list')
    .action(async (_options, command: Command) => {
      const { doctor } = await import('./doctor.ts')
      const { json = false } = command.opts<{ json?: boolean }>()
      leave(await doctor({ config: configOf(command, environment), environment, json }))
    })
}

function addCheck(program: Command, environment: Environment, leave: Leave): void {
  addSettings(program.command('check <FILE|DIR>'), ['host', 'python.path'])
    .summary('check a module, or all below a folder, as MISP would use them')
    .description('Loads modules as the host would, compares what they say of themselves with what MISP knows, asks each once, and says what '
      + 'MISP would show. What MISP knows is read from the pymisp and misp-modules that are installed.')
    .addOption(new Option('--type <TYPE>', 'type of a module outside of a module root').choices([...MODULE_TYPES]))
    .option('--query <FILE|WORDS...>', 'the request to try, as for "query": a file, a JSON object or key=value words')
    .option('--timeout <SECONDS>', 'time for that request (default: 10)', positive)
    .option('--json', 'print a JSON object')
    .addHelpText('after', CHECK_HELP)
    .action(async (path: string, _options, command: Command) => {
      const { check } = await import('./check.ts')
      const { type, query = [], timeout = 10, json = false } = command.opts<{ type?: ModuleType; query?: string[]; timeout?: number; json?: boolean }>()
      leave(await check({ config: configOf(command, environment), environment, path, type, query, timeout, json }))
    })
}

function addNew(program: Command, environment: Environment): void {
  addSettings(program.command('new <NAME>'), ['python.path'])
    .summary('write a module that works, and its test')
    .description('Writes a module that works and its test into a module root. Nothing is overwritten.')
    .addOption(new Option('--type <TYPE>', 'where MISP offers it').choices([...MODULE_TYPES]).default('expansion'))
    .addOption(new Option('--language <LANGUAGE>', 'what it is written in').choices(['typescript', 'python', 'command']).default('typescript'))
    .option('--root <DIR>', 'module root, made if it is not there', 'modules')
    .addHelpText('after', NEW_HELP)
    .action(async (name: string, _options, command: Command) => {
      const { newModule } = await import('./new.ts')
      const { type, language, root } = command.opts<{ type: ModuleType; language: LanguageName; root: string }>()
      newModule({ name, type, language, root, environment, python: configOf(command, environment).python.path })
    })
}

function addDev(program: Command, environment: Environment, leave: Leave): void {
  addSettings(program.command('dev [FOLDER]'), ['server.listen', 'server.port', 'host', 'python.path', 'roots.watch', 'log.debugExtended'])
    .summary('serve a folder while you write modules in it')
    .description('Serves the modules of one folder, ./modules if none is named, while you write them: each save is served a moment later, or its '
      + 'mistake is told; of each query you see what the module got, what it gave, how long that took, and what MISP would show. '
      + 'It listens at a free port of this machine unless -p or -l say otherwise.')
    .addHelpText('after', DEV_HELP)
    .action(async (folder: string | undefined, _options, command: Command) => {
      const { dev } = await import('./dev.ts')
      const config = configOf(command, environment)
      // The port of the configuration file is that of the server that MISP uses.
      const port = command.getOptionValueSource('port') === 'cli' ? config.server.port : 0
      leave(await dev({ config: { ...config, server: { ...config.server, port } }, environment, folder: folder ?? 'modules' }))
    })
}

function addKey(program: Command): void {
  program.command('key [NAME]')
    .summary('make a key for a tenant')
    .description('Makes a key and prints it with its hash, which is what the configuration file keeps. NAME is a tenant, or "operator" for what concerns '
      + 'all tenants.')
    .option('--json', 'print a JSON object')
    .action(async (name: string | undefined, _options, command: Command) => {
      const { key } = await import('./key.ts')
      key({ name, json: command.opts<{ json?: boolean }>().json ?? false })
    })
}

function positive(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number > 0)) throw new InvalidArgumentError('expected a number of seconds above 0.')
  return number
}

const QUERY_HELP = `
BODY is one JSON object, or words of the form key=value, or - for a JSON object on
stdin, which is also read where there is no BODY and stdin is no terminal. In
key=value a dotted key is a key of an object, a value that is JSON is that (numbers,
true, null, lists, objects, "texts"), @FILE is the content of a file in base64, and
anything else is text. "module" is added.

  misp-module-host query countrycode domain=www.example.com
  misp-module-host query extract_url_components attribute.type=url \\
    attribute.value=https://a.b/c attribute.uuid=$(uuidgen)
  misp-module-host query docx_enrich attachment=report.docx data=@report.docx
  misp-module-host query yara_syntax_validator - --json < body.json

Status: 0 answered, 1 the module failed or answered an error, 2 a wrong call.`

const CHECK_HELP = `
  misp-module-host check modules/expansion/dns.ts
  misp-module-host check modules --json
  misp-module-host check draft.py --type import_mod
  misp-module-host check modules/expansion/dns.ts --query domain=www.example.com config.key=1234

A request is made of what the module declares where there is no --query. That the
module does not reach the network is noted, not held against it.

Status: 0 nothing is wrong but warnings, 1 an error was found, 2 a wrong call.`

const NEW_HELP = `
  misp-module-host new my_lookup
  misp-module-host new my_report --type export_mod --language python
  misp-module-host new my_tool --language command --root other/modules

command is a program in any language beside a small <NAME>.module.json; the one that
is written is in Perl. A root that gets its first module in TypeScript also gets what
editors, tsc and Node need to find misp-module-host/sdk.`

const DEV_HELP = `
  misp-module-host new my_lookup && misp-module-host dev
  misp-module-host dev ../my/modules -p 6666

Values of settings are hidden in what you see; --debug-extended shows them. Without
an environment for Python, modules of the other languages are served; none is made.`
