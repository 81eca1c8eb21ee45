import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { comparable } from '../support/agreement.ts'
import { startServer } from '../support/our_server.ts'
import { type ServerPair, startPair } from '../support/server_pair.ts'
import { serveDescribeTypes } from './describe_types.ts'
import { installCli } from './install_cli.ts'

/** Command lines of the client and a text that its output against a working server has. */
const COMMANDS: readonly (readonly [args: readonly string[], shows: string])[] = [
  [['--list-supported-types'], 'domain|ip'],
  [['--list-supported-types', '--verbose-types'], 'extract_url_components'],
  [['--type', 'md5', '--value', 'b2a5abfeef9e36964281a31e17b57c97', '--module', 'yara_query', '--raw'], 'hash.md5'],
  [['--type', 'ip-src', '--value', '198.51.100.7', '--module', 'eql', '--unified-output'], 'network where'],
  [['--type', 'url', '--value', 'https://www.example.com/a?b=c#d', '--module', 'extract_url_components', '--raw'], 'fragment'],
  [['--type', 'domain', '--value', 'example.com', '--module', 'apivoid', '--raw'], 'An API key for APIVoid is required.'],
  [['--type', 'domain', '--value', 'example.com', '--module', 'hashlookup,wiki,countrycode', '--raw'], 'Commercial (Worldwide)'],
  [['--type', 'vulnerability', '--value', 'CVE-2020-1234', '--module', 'cve', '--raw'], 'Something went wrong'],
  [['--value', '198.51.100.7', '--all-guesses', '--show-guesses', '--module', 'eql'], 'ip-dst'],
  [['--type', 'url', '--value', 'https://www.example.com/', '--module', 'extract_url_components', '--markdown-output'],
    'Query Report'],
  [['--configure-module', 'apivoid', '--set', 'apikey=x'], 'Saved configuration'],
]

describe('misp-modules-cli', () => {
  let pair: ServerPair
  let cli: string
  let folder: string
  let types: Awaited<ReturnType<typeof serveDescribeTypes>>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-'))
    ;[pair, types, cli] = await Promise.all([startPair(startServer), serveDescribeTypes(), installCli()])
  }, 180_000)
  afterAll(async () => {
    await Promise.all([pair?.[Symbol.asyncDispose](), types?.[Symbol.asyncDispose]()])
    await rm(folder, { recursive: true, force: true })
  })

  for (const [args, shows] of COMMANDS) {
    it(`${args.join(' ')} prints the same for both servers`, async ({ expect }) => {
      const [upstream, ours] = await Promise.all([run('upstream', args), run('ours', args)])
      expect(upstream.output).toContain(shows)
      expect(ours).toEqual(upstream)
    })
  }

  /** Each server has a cache and settings of its own, so that no answer of one is shown for the other. */
  async function run(server: 'upstream' | 'ours', args: readonly string[]): Promise<{ status: unknown; output: string }> {
    const url = `http://127.0.0.1:${pair[server]}`
    const child = spawn(cli, [
      '--url', url, '--describe-types-url', types.url, '--config-file', join(folder, `${server}.json`),
      '--cache-file', join(folder, `${server}-cache.json`), ...args,
    ], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    const output = comparable(Buffer.from(`${stdout}\n${stderr}`), 'time').replaceAll(url, '<url>').replaceAll(folder, '<folder>')
    return { status, output: sortedLines(output.replaceAll(`${server}.json`, '<settings>')) }
  }
})

/** Upstream lists its modules in the order of its file system, so the order of lines says nothing. */
function sortedLines(output: string): string {
  return output.split('\n').toSorted().join('\n')
}
