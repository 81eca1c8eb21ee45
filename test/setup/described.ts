import { execa } from 'execa'
import { join } from 'node:path'
import type { Place } from './step.ts'

/**
 * Starts our server once with `cache` as its state folder, so that the servers of the tests find upstream's modules described
 * there: see test/support/described.ts. Takes seconds where modules, packages or runner have changed. Where it does not start,
 * the tests will tell.
 */
export async function describeOnce({ project, environment }: Place, cache: string, python: string): Promise<void> {
  const args = ['serve', '-t', '-p', '0', '-l', '127.0.0.1', '--python', python, '--state', cache, '--log-format', 'json']
  await execa('node', [join(project, 'host', 'main.js'), ...args], {
    cwd: project, env: environment, extendEnv: false, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', reject: false, timeout: 120_000,
  })
}
