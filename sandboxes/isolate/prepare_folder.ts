/**
 * Run as a program: makes what runners of isolates execute, in a folder. Arguments: the folder, which is not there yet, and `copy`
 * where the runners' account cannot read the packages in their own place. In a process of its own, because the host loads no bundler;
 * with `--no-node-snapshot`, as runners, or they could not use what V8 has made of the guest's code.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown, type InputOptions, type OutputOptions } from 'rolldown'
import { WEB_INJECTED, WEB_RESOLUTION } from './guest/web/bundling.ts'
import { finishGuest } from './prepare_guest.ts'

const [folder = '', manner] = process.argv.slice(2)
/** Each isolate has the whole text. Names stay, because modules can see those of classes. */
const SMALLER = { compress: { target: 'esnext', keepNames: { function: true, class: true } }, mangle: false, codegen: true } as const
process.umask(0o022)
mkdirSync(folder)
writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
placePackages()
await Promise.all([
  // As CommonJS, which without a snapshot starts in half the time. What is imported only when it is needed is a file of its own.
  make('runner/main.ts', { input: { platform: 'node', external: [/^node:/, 'isolated-vm'] }, output: { entryFileNames: 'runner.cjs', chunkFileNames: 'runner-[name].cjs', format: 'cjs' } }),
  // Only the native part of rolldown stays apart: what is in one file is loaded in half the time.
  make('compile/main.ts', { input: { platform: 'node', external: [/^node:/, /^@rolldown\/binding-/, /\.node$/] }, output: { entryFileNames: 'compile.js', format: 'esm', codeSplitting: false } }),
  make('probe.ts', { input: { platform: 'node', external: [/^node:/, 'isolated-vm'] }, output: { entryFileNames: 'probe.js', format: 'esm', codeSplitting: false } }),
  make('guest/boot.ts', { input: { platform: 'neutral', resolve: WEB_RESOLUTION, transform: { inject: WEB_INJECTED } }, output: { entryFileNames: 'guest.js', format: 'iife', name: '__guest', codeSplitting: false, minify: SMALLER } }),
  make('sdk/sdk.js', { input: { platform: 'neutral' }, output: { entryFileNames: 'sdk/sdk.js', format: 'esm', codeSplitting: false } }),
])
await finishGuest(join(folder, 'guest.js'))
if (manner === 'copy') openFor(folder)

interface Making {
  readonly input: InputOptions
  readonly output: OutputOptions
}

async function make(entry: string, { input, output }: Making): Promise<void> {
  const file = fileURLToPath(new URL(entry, import.meta.url))
  const bundler = await rolldown({ ...input, input: file, tsconfig: false, logLevel: 'silent', transform: { ...input.transform, target: 'esnext' } })
  await bundler.write({ comments: false, minify: 'dce-only', ...output, dir: folder })
  await bundler.close()
}

/** isolated-vm and the native part of rolldown, as links to where they are installed or as copies. */
function placePackages(): void {
  const here = createRequire(import.meta.url)
  const isolatedVm = packageFolder(here.resolve('isolated-vm/package.json'))
  place('isolated-vm', isolatedVm)
  // Found by itself where the package is in its own place.
  if (manner === 'copy') place('node-gyp-build', packageFolder(createRequire(isolatedVm).resolve('node-gyp-build/package.json')))
  const rolldownFolder = packageFolder(here.resolve('rolldown/package.json'))
  const scope = join(dirname(rolldownFolder), '@rolldown')
  for (const name of readdirSync(scope)) if (name.startsWith('binding-')) place(`@rolldown/${name}`, join(scope, name))
}

function place(name: string, from: string): void {
  const to = join(folder, 'node_modules', name)
  mkdirSync(dirname(to), { recursive: true })
  if (manner !== 'copy') symlinkSync(from, to)
  else cpSync(from, to, { recursive: true, dereference: true, filter: (path) => isNeeded(path.slice(from.length)) })
}

/** What is in a package besides the program: sources in C++, archives, what other systems need. */
function isNeeded(path: string): boolean {
  if (/^\/(src|vendor|native-example|scripts|tests)(\/|$)|\.tgz$/.test(path)) return false
  const platform = /^\/prebuilds\/([^/]+)/.exec(path)?.[1]
  return platform === undefined || platform === `${process.platform}-${process.arch}`
}

function packageFolder(manifest: string): string {
  return realpathSync(dirname(manifest))
}

/** A copy keeps the modes of what it was made from, which may keep others out. */
function openFor(path: string): void {
  if (!existsSync(path)) return
  const { mode } = statSync(path)
  const folder = statSync(path).isDirectory()
  chmodSync(path, mode | (folder ? 0o555 : 0o444))
  if (folder) for (const name of readdirSync(path)) openFor(join(path, name))
}
