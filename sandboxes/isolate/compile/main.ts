/**
 * Run as a program: a compile cell. It says `ready`, and answers each `load` message with what the module's files make: one, and one more
 * for each version that is saved soon afterwards. It ends with its channel. Argument: the file that `misp-module-host/sdk` is. stdin and
 * stdout carry frames, as for any runner.
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
  for (const { header } of reader.push(chunk)) void answer(header as Load)
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
    say({ type: 'loaded', id, files }, [content])
  } catch (thrown) {
    const reason = thrown instanceof CompileError ? thrown.reason : { error: `the compiler failed: ${String(thrown)}` }
    say({ type: 'failed', id, ...reason })
  }
}

function say(header: object, payload: readonly Uint8Array[] = []): void {
  for (const part of encodeFrame(header, payload)) process.stdout.write(part)
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
