import { resolve } from 'node:path'
import { rolldown, type LogLevel, type OutputChunk, type Plugin, type RolldownLog } from 'rolldown'
import type { LoadFailure, ModuleFile } from '../../contract.ts'
import { CONTENT_BYTES, overBudget, type Budget } from './budget.ts'
import { Inputs, Refused } from './inputs.ts'
import { explain } from './explain.ts'
import { packageOf } from './packages.ts'

export interface BundleOptions {
  /** The module's own file, absolute. */
  readonly file: string
  /** The module root: nothing outside of it is read, save the packages of node_modules folders from there up. */
  readonly root: string
  /** The file that `misp-module-host/sdk` is. */
  readonly sdk: string
  readonly budget?: Budget
}

export interface Bundle {
  /** JSON of `{code, map}`: a script that sets the variable `__module` to the module's namespace, and its source map. */
  readonly content: Buffer
  readonly files: readonly ModuleFile[]
}

/** A module that cannot be bundled; `reason` says why, with the author's file and line. */
export class CompileError extends Error {
  override name = 'CompileError'
  readonly reason: LoadFailure

  constructor(reason: LoadFailure) {
    super(reason.error)
    this.reason = reason
  }
}

/** What packages ask for; in parts, so that nobody takes it for our environment. */
const NODE_ENV = ['process', 'env', 'NODE_ENV'].join('.')
/** What a module may amount to. */
const MOST: Budget = { codeBytes: 5_000_000, inputBytes: 20_000_000, contentBytes: CONTENT_BYTES }

/** Makes one script of a module, the files that it imports and its packages. Types are removed and not checked. Rejects with CompileError. */
export async function bundle({ file, root, sdk, budget = MOST }: BundleOptions): Promise<Bundle> {
  const inputs = new Inputs({ file, root, sdk, mostBytes: budget.inputBytes })
  const logs: RolldownLog[] = []
  const { chunk, errors } = await build({ file, root, inputs, onLog: (_, log) => void logs.push(log) })
  const reason = inputs.refusal ?? explain(errors, logs, inputs)
  if (reason === undefined && chunk !== undefined) {
    const content = contentOf(chunk, root, inputs)
    const tooLarge = overBudget({ chunk, content, budget, root }) ?? inputs.tooMany()
    if (tooLarge === undefined) return { content, files: inputs.files() }
    throw new CompileError({ ...tooLarge, file })
  }
  throw new CompileError({ ...(reason ?? { error: `the module cannot be bundled: ${String(errors[0]?.message)}`, file }), files: inputs.files() })
}

interface Building {
  readonly file: string
  readonly root: string
  readonly inputs: Inputs
  readonly onLog: (level: LogLevel, log: RolldownLog) => void
}

async function build({ file, root, inputs, onLog }: Building): Promise<{ readonly chunk?: OutputChunk; readonly errors: readonly RolldownLog[] }> {
  try {
    const bundler = await rolldown({
      input: file,
      cwd: root,
      // Packages for browsers do without Node's own modules, as modules have to.
      platform: 'browser',
      tsconfig: false,
      resolve: {
        conditionNames: ['worker', 'browser', 'module', 'production', 'default'],
        mainFields: ['browser', 'module', 'main'],
        aliasFields: [['browser']],
        extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
        extensionAlias: { '.js': ['.ts', '.js'], '.mjs': ['.mts', '.mjs'] },
      },
      transform: { target: 'esnext', define: { [NODE_ENV]: '"production"', global: 'globalThis' } },
      plugins: [taking(inputs)],
      onLog,
    })
    const { output: [chunk] } = await bundler.generate({
      format: 'iife',
      name: '__module',
      exports: 'named',
      // A function, because it is known only then whether there is code that strictness could break.
      banner: () => (inputs.sloppy ? '' : '"use strict";'),
      sourcemap: 'hidden',
      sourcemapExcludeSources: true,
      codeSplitting: false,
      comments: false,
    })
    return { chunk, errors: [] }
  } catch (thrown) {
    const { errors = [thrown as RolldownLog] } = thrown as { readonly errors?: readonly RolldownLog[] }
    return { errors }
  }
}

/** Reads every file itself: what is compiled is what the digests are of, and nothing is read that must not be. */
function taking(inputs: Inputs): Plugin {
  return {
    name: 'misp-module-host',
    async resolveId(source, importer, { kind }) {
      const decided = inputs.resolve(source, importer, kind === 'dynamic-import')
      if (decided !== null || importer === undefined || packageOf(importer) !== undefined) return decided
      const found = await this.resolve(source, importer, { kind, skipSelf: true })
      if (found !== null && !found.external) inputs.check(found.id, source, importer)
      return found
    },
    load: (id) => {
      try {
        return inputs.take(id)
      } catch (thrown) {
        // Recorded; rolldown would wrap it in a report of its own.
        if (thrown instanceof Refused) return ''
        throw thrown
      }
    },
  }
}

/** The map's sources become absolute: where the bundle would lie means nothing. */
function contentOf({ code, map }: OutputChunk, root: string, inputs: Inputs): Buffer {
  const sources = map?.sources.map((source) => inputs.shown(resolve(root, 'dist', source))) ?? []
  return Buffer.from(JSON.stringify({
    // Where nothing is exported, rolldown sets nothing.
    code: code.includes('var __module = ') ? code : `var __module = {}; ${code}`,
    map: { version: 3, sources, names: map?.names ?? [], mappings: map?.mappings ?? '' },
  }))
}
