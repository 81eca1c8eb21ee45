import { setImmediate } from 'node:timers/promises'
import { askOne, type PassedOver } from '../ask_one.ts'
import { onlyFind } from '../ground/choose_python.ts'
import type { Config } from '../config/config.ts'
import { openGround, type Ground } from '../ground/ground.ts'
import { makeOffer } from '../offer.ts'
import { makePlaces } from '../places.ts'
import type { Result } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'
import { answerText } from './answer_text.ts'
import { commandLog } from './command_log.ts'
import { failureText } from './failure_text.ts'
import { interruption } from './interruption.ts'
import { printable } from './printable.ts'
import { queryBody } from './query_body.ts'
import { UsageError } from './usage_error.ts'

export interface QueryOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly module: string
  /** What follows the module's name: see `queryBody`. */
  readonly words: readonly string[]
  /** Seconds; undefined: what the body asks for, within what is configured. */
  readonly timeout: number | undefined
  /** Print the module's answer byte by byte. */
  readonly json: boolean
  /** Print what the module logged, also where it answered. */
  readonly verbose: boolean
}

const ANSWERED = 0
const FAILED = 1

/** `query`: asks one module, without a server. Returns the exit status; rejects with SetupError, UsageError, Interrupted. */
export async function query(options: QueryOptions): Promise<number> {
  const { module, words, json, verbose } = options
  const body = await queryBody(module, words, process.stdin)
  // One runner is wanted and nothing is preloaded for others.
  const config: Config = { ...options.config, python: { ...options.config.python, form: 'single' } }
  const log = commandLog()
  const ground = await openGround({ ...options, config, log, choose: onlyFind(config) })
  const logged: string[] = []
  const passedOver: PassedOver = ({ file }, { message }) => log.warn(`${file} does not load and is passed over: ${message}`)
  try {
    const result = await ask({ ...options, config }, ground, body, { logged, passedOver })
    if (verbose) process.stderr.write(logText(logged))
    return show(result, json)
  } catch (error) {
    if (!(error instanceof QueryFailure)) throw error
    if (error.code === 'UNKNOWN_MODULE' || error.code === 'BAD_REQUEST') throw new UsageError(error.message)
    process.stderr.write(`${failureText(error, ground.python.environment)}${logText(logged)}`)
    return FAILED
  }
}

interface Told {
  readonly logged: string[]
  readonly passedOver: PassedOver
}

async function ask(
  options: QueryOptions, ground: Ground, body: Awaited<ReturnType<typeof queryBody>>, { logged, passedOver }: Told,
): Promise<Result> {
  const { config, module } = options
  const places = makePlaces({ config, profile: ground.profile, account: ground.account, run: ground.run, onLog: (_runner, text) => void logged.push(text) })
  using interrupted = interruption()
  try {
    const offer = makeOffer(config, { ...ground, python: ground.python.environment })
    const configured = offer.settings(module).timeout
    const timeout = options.timeout ?? Math.min(body.timeout ?? configured, configured)
    return await interrupted.orElse(askOne({ offer, places, module, body: body.bytes, timeout, signal: interrupted.signal, passedOver }))
  } finally {
    // What the module printed was written before its answer, and is read in the same turn of the event loop.
    await setImmediate()
    await places.cells.close()
    await places.scratch.close()
  }
}

function show({ outcome, body }: Result, json: boolean): number {
  const bytes = Buffer.concat(body)
  if (json) process.stdout.write(bytes)
  else {
    const answer = asWritten(bytes.toString())
    process.stdout.write(answerText(answer, process.stdout.isTTY ? process.stdout.columns : undefined))
    if (outcome === 'module_error') process.stderr.write(`the module answered an error: ${errorOf(answer)}\n`)
  }
  return outcome === 'success' ? ANSWERED : FAILED
}

/** Parsed for showing: numbers that JavaScript would round or shorten are the texts that the module wrote. */
function asWritten(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? context.source : value)
}

function errorOf(answer: unknown): string {
  const { error, errors } = Object(answer) as { error?: unknown; errors?: unknown }
  const said = error || errors
  return printable(typeof said === 'string' ? said : JSON.stringify(said))
}

function logText(logged: readonly string[]): string {
  return logged.length === 0 ? '' : `the module logged:\n${logged.map((line) => `  ${printable(line)}\n`).join('')}`
}
