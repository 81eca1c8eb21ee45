import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { listen, ListenFailure } from '../http/listen.ts'
import { LONGEST_RUN_PATH, openState, runFolder } from '../ground/state_folder.ts'
import { writable, type Reacher } from '../../sandboxes/reach.ts'
import { notWritable } from '../../sandboxes/python/setup_error.ts'
import { asCheck, type Check } from './check.ts'

/** The state folder, and room for the path of a socket. Makes the folder, as a start would. */
export async function checkState(state: string, account: Reacher | undefined): Promise<Check[]> {
  const what = 'state folder'
  try {
    openState(state)
    if (!(await writable(state))) throw notWritable(state)
  } catch (error) {
    return [asCheck(what, 'missing', error)]
  }
  return [{ what, verdict: 'ok', found: `${state} can be written to` }, await sockets(state, account)]
}

async function sockets(state: string, account: Reacher | undefined): Promise<Check> {
  const what = 'sockets'
  const run = await runFolder(state, account)
  const bytes = Buffer.byteLength(run)
  if (bytes > LONGEST_RUN_PATH) {
    return { what, verdict: 'missing', found: `${run}, ${bytes} bytes long`, needed: `a path of at most ${LONGEST_RUN_PATH} bytes`, mend: 'TMPDIR=/tmp misp-module-host doctor' }
  }
  if (!run.startsWith(state)) rmSync(run, { recursive: true, force: true })
  return { what, verdict: 'ok', found: run.startsWith(state) ? 'in the state folder' : `in ${run}: the state folder's path is too long, or out of the modules' reach` }
}

/** Whether the port is free at every address; else who has it. */
export async function checkPort({ server: { listen: name, port } }: Config, log: Logger): Promise<Check> {
  const what = 'port'
  try {
    const { addresses, close } = await listen({ name, port, handle: () => {}, log })
    await close(0)
    return { what, verdict: 'ok', found: `${port} is free at ${addresses.join(', ')}` }
  } catch (error) {
    const inUse = error instanceof ListenFailure && error.code === 'PORT_IN_USE'
    const check = asCheck(what, inUse ? 'warn' : 'missing', error)
    return inUse
      ? { ...check, needed: 'a free port, unless that is the server in question', mend: `misp-module-host serve --port ${port + 1}` }
      : { ...check, needed: 'a name or address of this machine, and a port that this account may have', mend: 'misp-module-host serve --listen localhost' }
  }
}

export function checkResolver(file = '/etc/resolv.conf'): Check {
  const what = 'resolver'
  const servers = [...read(file).matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server)
  if (servers.length > 0) return { what, verdict: 'ok', found: `${servers.join(', ')} in ${file}` }
  return { what, verdict: 'warn', found: `no nameserver in ${file}`, needed: 'for modules that look names up', mend: `echo 'nameserver 127.0.0.1' >> ${file}` }
}

/** What gives programs in other languages their limits, and ends them with their host. */
export function checkProgramLimits(path: string): Check {
  const what = 'programs in other languages'
  const absent = ['prlimit', 'setpriv'].filter((name) => !path.split(':').some((folder) => existsSync(join(folder, name))))
  if (absent.length === 0) return { what, verdict: 'ok', found: 'prlimit and setpriv: limits of files, descriptors and CPU time hold for them' }
  return { what, verdict: 'warn', found: `no ${absent.join(', no ')} on PATH`, needed: 'for limits of files, descriptors and CPU time, and to end with the host', mend: 'apt-get install -y util-linux' }
}

export function checkProc(): Check {
  const what = '/proc'
  if (existsSync('/proc/self/stat')) return { what, verdict: 'ok', found: 'mounted' }
  return { what, verdict: 'missing', found: 'not mounted', needed: 'to measure and end processes', mend: 'mount -t proc proc /proc' }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
