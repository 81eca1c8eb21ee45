import { resolve } from 'node:path'
import { rolldown, type OutputChunk, type Plugin, type RolldownLog } from 'rolldown'
import type { LoadFailure, ModuleFile } from '../../contract.ts'
import { overBudget, type Budget } from './budget.ts'
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
/** Most bytes of a bundle. */
const MOST = { codeBytes: 5_000_000, inputBytes: 64_000_000 } as const satisfies Budget

/** Makes one script of a module, the files that it imports and its packages. Types are removed and not checked. Rejects with CompileError. */
export async function bundle({ file, root, sdk, budget = MOST }: BundleOptions): Promise<Bundle> {
  const inputs = new Inputs({ file, root, sdk, mostBytes: budget.inputBytes })
  const logs: RolldownLog[] = []
  try {
    const building = await rolldown({
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
      onLog: (_, log) => void logs.push(log),
    })
    const { output: [chunk] } = await building.generate({
      format: 'iife',
      name: '__module',
      exports: 'named',
      // A function, because it is known only now whether there is code of the other kind, which strictness could break.
      banner: () => (inputs.sloppy ? '' : '"use strict";'),
      sourcemap: 'hidden',
      sourcemapExcludeSources: true,
      codeSplitting: false,
      comments: false,
    })
    const reason = inputs.refusal ?? explain([], logs, inputs)
    if (reason !== undefined) throw new CompileError(reason)
    const tooLarge = overBudget(chunk, budget, root)
    if (tooLarge !== undefined) throw new CompileError(tooLarge)
    return { content: Buffer.from(contentOf(chunk, root)), files: inputs.files() }
  } catch (thrown) {
    if (thrown instanceof CompileError) throw thrown
    const errors = (thrown as { errors?: RolldownLog[] }).errors ?? []
    throw new CompileError(inputs.refusal ?? explain(errors, logs, inputs) ?? { error: String(thrown), file })
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
function contentOf({ code, map }: OutputChunk, root: string): string {
  const sources = map?.sources.map((source) => resolve(root, 'dist', source)) ?? []
  return JSON.stringify({
    // Where nothing is exported, rolldown sets nothing.
    code: code.includes('var __module = ') ? code : `var __module = {}; ${code}`,
    map: { version: 3, sources, names: map?.names ?? [], mappings: map?.mappings ?? '' },
  })
}
