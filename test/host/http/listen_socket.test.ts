import { spawnSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import pino from 'pino'
import { describe, it } from 'vitest'
import { listenAtSocket } from '../../../host/http/listen_socket.ts'
import { temporaryFolder } from '../../sandboxes/python/wheels.ts'

const options = { log: pino({ level: 'silent' }), handle: (_req: unknown, res: { end: (text: string) => void }): void => res.end('here') }

describe('a unix socket', () => {
  it('answers, is for its owner and their group, and is gone when it is closed', async ({ expect }) => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.sock')
    const before = process.umask()
    const listening = await listenAtSocket(path, options)
    expect([await ask(path), statSync(path).mode & 0o777, process.umask()]).toEqual(['here', 0o660, before])
    expect(listening).toMatchObject({ port: 0, addresses: [path] })
    await listening.close(0)
    expect(existsSync(path)).toBe(false)
  })

  it('takes the place of one that a host left which was killed, and of nothing else', async ({ expect }) => {
    using folder = temporaryFolder()
    const [left, file] = [join(folder.path, 'left.sock'), join(folder.path, 'file')]
    spawnSync(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`])
    expect(statSync(left).isSocket()).toBe(true)
    const listening = await listenAtSocket(left, options)
    expect(await ask(left)).toBe('here')
    await expect(listenAtSocket(left, options)).rejects.toMatchObject({ name: 'ListenFailure', code: 'PORT_IN_USE', message: expect.stringContaining(left) })
    expect(await ask(left)).toBe('here')
    await listening.close(0)

    writeFileSync(file, 'kept')
    await expect(listenAtSocket(file, options)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(existsSync(file)).toBe(true)
    await expect(listenAtSocket(join(folder.path, 'none', 'a.sock'), options)).rejects.toMatchObject({ name: 'ListenFailure', code: 'ADDRESS_UNUSABLE' })
  })
})

function ask(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, (answer) => void answer.setEncoding('utf8').on('data', resolve)).on('error', reject).end()
  })
}
