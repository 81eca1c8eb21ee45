import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { answer, ReloadServer } from '../../support/reload_server.ts'

const DECLARATION = JSON.stringify({ introspection: { input: ['text'] }, version: {}, argv: ['./r_script.sh'] })
const script = (value: string): string => `#!/bin/sh\nprintf %s '{"results":"${value}"}'\n`
/** Answers each frame that it gets. */
const relay = (value: string): string => `#!/usr/bin/perl
$| = 1;
while (read(STDIN, my $length, 4)) {
    read(STDIN, my $frame, unpack 'N', $length);
    my ($id) = $frame =~ /"id":"([^"]+)"/;
    my $answer = qq({"type":"result","id":"$id"}\\n{"results":"${value}"});
    print pack('N', length $answer), $answer;
}
`
const FORMS = { once: script, frames: relay }
const SAVES = 5

describe('a program that is a module', () => {
  let host: ReloadServer
  const program = (): string => host.path('expansion/r_script.sh')
  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'programs-'))
    chmodSync(root, 0o755)
    host = await ReloadServer.start({ root, files: { 'expansion/r_script.sh': script('one') } })
    chmodSync(program(), 0o755)
    host.save('expansion/r_script.module.json', DECLARATION)
    await host.answers('r_script', 'one')
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('is another version when it is saved', async () => {
    host.save('expansion/r_script.sh', script('two'))
    await host.answers('r_script', 'two')
  })

  it('that may no longer be executed is told of at once, and not when it is asked', async ({ expect }) => {
    const before = (await host.told('r_script')).length
    chmodSync(program(), 0o644)
    await eventually(async () => expect((await host.told('r_script')).slice(before)).toEqual([expect.stringMatching(/^not loaded: expected .*r_script\.sh to be a file that can be executed, found mode 0644: chmod \+x/)]))
    chmodSync(program(), 0o755)
    await eventually(async () => expect((await host.status()).modules.notLoaded.filter(({ name }) => name === 'r_script')).toEqual([]))
    await host.answers('r_script', 'two')
  })
})

describe('a program that is in use', () => {
  let host: ReloadServer
  beforeAll(async () => {
    const files = Object.entries(FORMS).map(([form, program]) => [`expansion/r_${form}`, program('0')] as const)
    host = await ReloadServer.start({ files: Object.fromEntries(files) })
    for (const [form] of Object.entries(FORMS)) {
      chmodSync(host.path(`expansion/r_${form}`), 0o755)
      host.save(`expansion/r_${form}.module.json`, JSON.stringify({ ...JSON.parse(DECLARATION), argv: [`./r_${form}`], protocol: form }))
    }
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  for (const [form, program] of Object.entries(FORMS)) {
    it(`in the form ${form} answers right after each of several saves`, async ({ expect }) => {
      await host.answers(`r_${form}`, '0')
      for (let save = 1; save <= SAVES; save += 1) {
        const before = (await host.told(`r_${form}`)).length
        host.save(`expansion/r_${form}`, program(`${save}`))
        await eventually(async () => expect((await host.told(`r_${form}`)).slice(before)).toEqual(['reloaded']))
        expect(await host.ask(`r_${form}`)).toBe(answer(`${save}`))
      }
    })
  }
})
