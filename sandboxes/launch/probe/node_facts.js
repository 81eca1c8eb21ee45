// Given to node as text, in a cell of its own: prints what it can see and do there, as one line of JSON. `files` names what the host
// has put where no cell may see it.
const { closeSync, openSync, readdirSync, readFileSync, readlinkSync, unlinkSync, writeFileSync } = require('node:fs')
const { networkInterfaces } = require('node:os')

const [planted] = process.argv.slice(1)

function attempt(act) {
  try {
    return String(act() ?? 'done')
  } catch (error) {
    return error.code ?? error.name
  }
}

const status = Object.fromEntries(readFileSync('/proc/self/status', 'utf8').split('\n').map((line) => line.split(/:\s+/, 2)))
const write = (path) => attempt(() => closeSync(openSync(path, 'r+')))
const fill = (bytes) => attempt(() => {
  try {
    writeFileSync('/tmp/fill', Buffer.alloc(bytes))
  } finally {
    unlinkSync('/tmp/fill')
  }
})

process.stdout.write(`${JSON.stringify({
  uid: process.getuid(),
  capabilities: status.CapEff,
  bounding: status.CapBnd,
  noNewPrivileges: status.NoNewPrivs,
  seccomp: status.Seccomp,
  interfaces: readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2).map((line) => line.split(':')[0].trim()).filter(Boolean),
  routes: readFileSync('/proc/net/route', 'utf8').trim().split('\n').length - 1,
  // That takes a socket of the family NETLINK.
  netlink: attempt(() => JSON.stringify(networkInterfaces())),
  processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
  environment: attempt(() => readFileSync('/proc/1/environ', 'latin1')),
  commandOfFirst: attempt(() => readFileSync('/proc/1/cmdline', 'latin1').split('\0')[1]),
  corePattern: write('/proc/sys/kernel/core_pattern'),
  sysrq: write('/proc/sysrq-trigger'),
  root: attempt(() => writeFileSync('/escaped', '')),
  devices: attempt(() => writeFileSync('/dev/escaped', '')),
  temporary: fill(1 << 20),
  temporaryTooMuch: fill(17 << 20),
  planted: attempt(() => readFileSync(planted, 'utf8')),
  passwords: attempt(() => readFileSync('/etc/shadow', 'utf8')),
  descriptors: readdirSync('/proc/self/fd').map((name) => attempt(() => readlinkSync(`/proc/self/fd/${name}`))).filter((path) => path.startsWith('/') && !path.startsWith('/proc/') && path !== '/dev/null'),
  jit: typeof WebAssembly !== 'undefined',
})}\n`)
