import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ContentStore } from '../../../host/registry/content_store.ts'
import { DescribeCache } from '../../../host/registry/describe_cache.ts'
import { sha256 } from '../../../host/registry/digest.ts'
import type { ModuleSource } from '../../../sandboxes/contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'contents-'))
const contents = join(folder, 'contents')
const bytes = Buffer.from('{"code":"var __module = {}"}')

beforeEach(() => rmSync(contents, { recursive: true, force: true }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the content store', () => {
  it('gives back in another process what was kept', () => {
    const name = new ContentStore(contents).put(bytes)
    expect(Buffer.from(new ContentStore(contents).get(name) ?? []).toString()).toBe(bytes.toString())
  })

  it('gives nothing where a file is no longer what it was', () => {
    const name = new ContentStore(contents).put(bytes)
    writeFileSync(join(contents, name), 'something else')
    expect(new ContentStore(contents).get(name)).toBeUndefined()
  })

  it('can be read by the host alone', () => {
    const name = new ContentStore(contents).put(bytes)
    expect([statSync(contents).mode & 0o777, statSync(join(contents, name)).mode & 0o777]).toEqual([0o700, 0o600])
  })

  it('goes on where nothing can be written', () => {
    writeFileSync(join(folder, 'file'), '')
    const store = new ContentStore(join(folder, 'file', 'contents'))
    expect(store.get(store.put(bytes))).toBeUndefined()
  })

  it('keeps what is in use, however old, and removes the rest', async () => {
    const old = new Date(0)
    const before = new ContentStore(contents)
    const [used, unused] = [before.put(bytes), before.put(Buffer.from('unused'))]
    const store = new ContentStore(contents)
    store.get(used)
    for (const name of [used, unused]) utimesSync(join(contents, name), old, old)
    await store.removeUnused()
    expect(readdirSync(contents)).toEqual([used])
  })
})

describe('the describe cache', () => {
  const file = join(folder, 'one.ts')
  const source: ModuleSource = { name: 'one', type: 'expansion', file, root: folder, builtin: false, runtime: 'isolate' }
  const fresh = (): DescribeCache => new DescribeCache(join(folder, 'describe.json'), '', { store: new ContentStore(contents), remake: () => undefined })

  it('remembers a module with its content, and forgets it with it', () => {
    writeFileSync(file, 'export default 1')
    const cache = fresh()
    cache.set(source, { introspection: { entry: '{}', heavy: false, files: [{ path: file, sha256: sha256('export default 1') }] }, content: bytes }, '')
    cache.write()
    expect(fresh().get(source)?.content).toEqual(bytes)
    rmSync(contents, { recursive: true })
    expect(fresh().get(source)).toBeUndefined()
  })
})
