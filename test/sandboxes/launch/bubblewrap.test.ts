import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { findBubblewrap, StrictUnavailable } from '../../../sandboxes/launch/bubblewrap.ts'
import { strict } from '../../../sandboxes/launch/strict.ts'

describe('bubblewrap', () => {
  it('is found on PATH, with its version', async ({ expect }) => {
    const { path, version } = await findBubblewrap(process.env['PATH'] ?? '')
    expect(path).toMatch(/^\/.*bwrap$/)
    expect(version).toMatch(/^\d+\.\d+/)
  })

  it('that is not there is told of, with what mends it', async ({ expect }) => {
    await expect(findBubblewrap('/nowhere:relative')).rejects.toMatchObject({
      name: 'StrictUnavailable', found: 'bubblewrap (bwrap) is not on PATH (/nowhere)', mend: 'apt-get install -y bubblewrap',
    })
    await expect(findBubblewrap('')).rejects.toThrow(StrictUnavailable)
  })

  it('that is too old, or another program, is refused', async ({ expect }) => {
    await expect(findBubblewrap(folderWith('echo bubblewrap 0.7.9'))).rejects.toThrow('is bubblewrap 0.7.9, and 0.8 or newer is needed')
    await expect(findBubblewrap(folderWith('echo busy'))).rejects.toThrow('says "busy"')
    await expect(findBubblewrap(folderWith('echo bubblewrap 0.10.0'))).resolves.toMatchObject({ version: '0.10.0' })
  })

  it('is never started as root', ({ expect }) => {
    expect(() => strict({ bwrap: '/usr/bin/bwrap', account: { uid: 0, gid: 0 }, etc: '/etc' })).toThrow('never started as root')
  })
})

function folderWith(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bwrap-'))
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'bwrap'), 0o755)
  return folder
}
