import { createHash } from 'node:crypto'
import { basename, dirname, resolve } from 'node:path'
import { AuthoredFiles } from '../authored_files.ts'
import { isExecutable } from '../executable.ts'
import { PROGRAMS } from '../launch/mounts.ts'
import { TRUSTED, type Policy } from '../launch/policy.ts'
import { FileChanged, type CellSpec, type Runtime } from '../runtime.ts'
import type { Shim } from './prepare.ts'

export interface CommandOptions extends Shim {
  readonly descriptors: number
  readonly fileMb: number
  /** TRUSTED where absent. */
  readonly policy?: Policy
}

const APART_INPUT_BYTES = 8 << 20
const ENDING = '.module.json'

/** Programs in any language: a declaration `<name>.module.json`, and an executable beside it. PROTOCOL.md is for their authors. */
export function commandRuntime({ node, shim, descriptors, fileMb, policy = TRUSTED }: CommandOptions): Runtime {
  const cell: CellSpec = {
    name: 'command', command: node, args: [shim], env: {}, preload: undefined,
    // A program is there to be started, and may be a script that starts others.
    reads: [node, dirname(shim), ...PROGRAMS], readsModule: true, reaches: true, starts: 'processes', fresh: policy.fresh,
    // No program is started to describe it, and what runs below a runner when it has become its module is how its program is known.
    describesOnly: true,
  }
  return {
    name: 'command',
    fresh: policy.fresh,
    moduleName: (file) => {
      const name = basename(file)
      return name.endsWith(ENDING) && !/^[._]/.test(name) ? name.slice(0, -ENDING.length) : undefined
    },
    cells: [cell],
    alone: cell,
    // Its program finds a body in a file, and there is not more room.
    ...(policy.apart && { inputBytes: APART_INPUT_BYTES }),
    smallestCell: () => 0,
    // Of the system what is a program, or a link to one.
    ...(policy.apart && { confined: ['/bin', '/usr'] }),
    contentOf: (source, files) => {
      const { file } = source
      const declaration = new AuthoredFiles(source).read(file)
      const read = files.find(({ path }) => path === file)
      if (read?.sha256 !== createHash('sha256').update(declaration).digest('hex')) throw new FileChanged(`${file} was saved again while it was read`)
      const program = ownProgram(file, declaration)
      // Its mode is of the version and not of any content.
      if (program !== undefined && !isExecutable(program)) throw new FileChanged(`${program} may no longer be executed`)
      return declaration
    },
    load: (source, settings, scratch, describe) => ({
      name: source.name,
      module_type: source.type,
      file: source.file,
      root: source.root,
      describe,
      scratch,
      env: settings.env,
      memory_mb: settings.limits.memoryMb,
      output_bytes: settings.limits.outputBytes,
      descriptors,
      file_mb: fileMb,
      debug_http: false,
      ...(policy.hold && { hold: policy.hold }),
    }),
  }
}

/** The program that a declaration names by a path from its folder. The shim has found the declaration good. */
function ownProgram(file: string, declaration: Buffer): string | undefined {
  const { argv: [program = ''] } = JSON.parse(declaration.toString()) as { readonly argv: readonly string[] }
  return /^\.\.?\//.test(program) ? resolve(dirname(file), program) : undefined
}
