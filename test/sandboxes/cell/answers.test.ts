import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { it } from 'vitest'
import { Answers } from '../../../sandboxes/cell/answers.ts'
import { eventually } from '../../support/processes.ts'

it('an answer that came while our own event loop was blocked has come in time', async ({ expect }) => {
  const silent: string[] = []
  const answers = new Answers((what) => silent.push(what))
  const child = spawn('sh', ['-c', 'echo asked; sleep 1; echo answered'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.stdout.on('data', () => answers.came('ping'))
  answers.expect('ping')
  // Longer than anybody is waited for.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  await once(child, 'close')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(silent).toEqual([])
})

it('one that never comes is found out, once', async ({ expect }) => {
  const silent: string[] = []
  const answers = new Answers((what, ms) => silent.push(`${what} ${ms}`))
  for (const what of ['kill 1', 'kill 1', 'fork a']) answers.expect(what)
  answers.came('fork a')
  await eventually(() => expect(silent).toEqual(['kill 1 2000']))
  answers.close()
})
