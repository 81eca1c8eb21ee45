import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates extends Disposable {
  /** Of the authority: what `caFile` names. */
  readonly caFile: string
  /** A certificate for these names, and its key. */
  readonly issue: (...names: string[]) => { readonly cert: string; readonly key: string }
}

/** An authority that nobody else knows of, and certificates of it. */
export function certificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'mmh-ca-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority')
  return {
    caFile: join(folder, 'ca.pem'),
    issue(...names) {
      openssl('req', '-x509', ...key, '-keyout', 'leaf.key', '-out', 'leaf.pem', '-days', '2', '-subj', '/CN=leaf', '-CA', 'ca.pem', '-CAkey', 'ca.key',
        '-addext', `subjectAltName=${names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')}`, '-addext', 'basicConstraints=critical,CA:FALSE')
      return { cert: readFileSync(join(folder, 'leaf.pem'), 'utf8'), key: readFileSync(join(folder, 'leaf.key'), 'utf8') }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
