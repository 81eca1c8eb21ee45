import { hashOf, newKey } from '../tenants/keys.ts'

export interface KeyCommand {
  /** Whose it will be, for what is printed; undefined: nobody has said. */
  readonly name: string | undefined
  readonly json: boolean
}

/** `key`: makes a key and prints it with what is kept of it. It is kept nowhere else. */
export function key({ name = 'NAME', json }: KeyCommand): void {
  const made = newKey()
  const hash = hashOf(made)
  if (json) {
    process.stdout.write(`${JSON.stringify({ key: made, hash })}\n`)
    return
  }
  process.stdout.write(`key   ${made}\nhash  ${hash}\n`)
  process.stderr.write(`
The key is shown this once: nobody can find it out from its hash. The hash goes into the configuration file, beside others
while they are being replaced; SIGHUP has it read again:
  {"tenants": {"${name}": {"keys": ["sha256:..."]}}}
In MISP the key stands in the settings *_services_url: http://${name}:KEY@HOST
`)
}
