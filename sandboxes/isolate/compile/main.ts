/**
 * Run as a program: a compile cell. It says `ready`, takes one `load` message, answers with what the module's files make, and ends.
 * Argument: the file that `misp-module-host/sdk` is. stdin and stdout carry frames, as for any runner.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFrame, FrameReader, PROTOCOL } from '../../wire/frames.ts'
import { bundle, CompileError } from './bundle.ts'

/** A load message is some hundred bytes. */
const MESSAGE_BYTES = 1 << 20

const [sdk = ''] = process.argv.slice(2)

await warmUp().catch(() => {})
say({ type: 'ready', protocol: PROTOCOL, pid: process.pid })
const reader = new FrameReader(MESSAGE_BYTES)
process.stdin.on('data', (chunk: Buffer) => {
  const [frame] = reader.push(chunk)
  if (frame === undefined) return
  process.stdin.pause()
  void answer(frame.header as Load)
})
process.stdin.on('end', () => process.exit(0))

/** What it takes of the message; it comes from the host, which is believed. */
interface Load {
  readonly id: string
  readonly file: string
  readonly root: string
}

async function answer({ id, file, root }: Load): Promise<void> {
  try {
    const { content, files } = await bundle({ file, root, sdk })
    say({ type: 'loaded', id, files }, [content], () => process.exit(0))
  } catch (thrown) {
    const reason = thrown instanceof CompileError ? thrown.reason : { error: `the compiler failed: ${String(thrown)}` }
    say({ type: 'failed', id, ...reason }, [], () => process.exit(0))
  }
}

function say(header: object, payload: readonly Uint8Array[] = [], then: () => void = () => {}): void {
  const parts = encodeFrame(header, payload)
  parts.forEach((part, i) => process.stdout.write(part, i === parts.length - 1 ? then : undefined))
}

/** The first bundle of a process takes much longer than the second: this one nobody waits for. */
async function warmUp(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'warm-'))
  try {
    writeFileSync(join(root, 'a.ts'), "import b from './b'\nimport c from './c.json'\nexport default [b as number, c]\n")
    writeFileSync(join(root, 'b.ts'), 'enum B { one = 1 }\nexport default B.one\n')
    writeFileSync(join(root, 'c.json'), '{"c":1}')
    await bundle({ file: join(root, 'a.ts'), root, sdk })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
