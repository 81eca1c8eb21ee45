import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { testPython } from '../support/python.ts'
import { askPlainly, introspectPlainly } from './plain.ts'
import { startProvider } from './provider.ts'
import { SHIPPED_CASES } from './shipped_cases.ts'
import { shippedModules } from './shipped_modules.ts'

const CHECK = fileURLToPath(new URL('check_answers.py', import.meta.url))

describe('what modules that come with the host answer', () => {
  it('loads into pymisp, with the installed types and object templates', async ({ expect }) => {
    const modules = await Promise.all(shippedModules().map(async ({ path, type }) => ({
      path, type, introspection: await introspectPlainly(path), answers: await answersOf(path),
    })))
    expect(modules.filter(({ answers }) => answers.length < 2).map(({ path }) => path)).toEqual([])
    expect(complaintsOf(modules)).toEqual([])
  })

  it('is really looked at', ({ expect }) => {
    const standard = { input: ['domain'], output: ['domain'], format: 'misp_standard' }
    const object = {
      name: 'domain-ip', 'meta-category': 'network', template_uuid: '43b3b146-77eb-4931-b4cc-b66c60f28734', template_version: '1', uuid: '5f2e9a3c-1111-4c4c-8a8a-bbbbbbbbbbbb',
      Attribute: [{ type: 'domain', object_relation: 'name', value: 'a.example' }],
      ObjectReference: [{ object_uuid: '5f2e9a3c-1111-4c4c-8a8a-bbbbbbbbbbbb', referenced_uuid: '5f2e9a3c-1111-4c4c-8a8a-cccccccccccc', relationship_type: 'x' }],
    }
    const complaints = complaintsOf([
      { path: 'a', type: 'expansion', introspection: { input: ['domains'] }, answers: [{ results: [{ types: ['fqdn'], values: [] }] }] },
      { path: 'b', type: 'expansion', introspection: standard, answers: [{ results: { Object: [object] } }] },
    ])
    expect(complaints).toEqual([
      "a: input 'domains' is no attribute type",
      "a: answers 'fqdn', which is no attribute type",
      expect.stringContaining("b: version of domain-ip is 1, and in the template"),
      "b: domain-ip has no relation 'name'",
      expect.stringContaining('b: domain-ip has [\'name\'], and needs all of [] and one of'),
      'b: domain-ip refers to 5f2e9a3c-1111-4c4c-8a8a-cccccccccccc, which is not in the answer',
    ])
  })
})

async function answersOf(module: string): Promise<unknown[]> {
  const answers = []
  for (const { query, routes = {}, dns } of SHIPPED_CASES.filter((each) => each.module === module)) {
    await using provider = await startProvider(routes)
    answers.push(await askPlainly(module, typeof query === 'function' ? query(provider.url) : query, dns))
  }
  return answers
}

function complaintsOf(modules: readonly { path: string; type: string; introspection: unknown; answers: readonly unknown[] }[]): string[] {
  const printed = execFileSync(testPython(), [CHECK], { input: JSON.stringify(modules), encoding: 'utf8' })
  return printed.split('\n').filter((line) => line !== '')
}
