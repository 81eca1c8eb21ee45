import { createServer } from 'node:net'
import { it } from 'vitest'
import { startStrict, Surroundings, tried } from '../../support/strict_server.ts'

it('a module sees no process, descriptor or abstract socket but its own', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  const name = `of-the-machine-${process.pid}`
  const server = createServer().listen(`\0${name}`)
  try {
    const [processes, descriptors, abstract] = await tried(host, [['processes'], ['descriptors'], ['connect_abstract', name]])
    // bubblewrap, the fork server, this runner and the next one.
    expect((processes as number[]).length).toBeLessThanOrEqual(5)
    expect(Math.max(...(processes as number[]))).toBeLessThan(100)
    // The log twice, the channel twice.
    expect(descriptors).toEqual(['/dev/null', 'socket', 'socket', 'socket', 'socket'])
    expect(abstract).toBe('ECONNREFUSED')
  } finally {
    server.close()
  }
  await surroundings.expectAsBefore()
})
