import { OPERATOR, TenantName } from '../config/tenants.ts'
import { hashOf, newKey } from '../tenants/keys.ts'
import { UsageError } from './usage_error.ts'

export interface KeyCommand {
  /** Whose it will be, for what is printed; undefined: nobody has said. */
  readonly name: string | undefined
  readonly json: boolean
}

/** `key`: makes a key and prints it with what is kept of it. It is kept nowhere else. Throws UsageError where nobody can have that name. */
export function key({ name, json }: KeyCommand): void {
  const wrong = name === undefined || name === OPERATOR ? undefined : TenantName.safeParse(name).error
  if (wrong !== undefined) throw new UsageError(`${wrong.issues[0]?.message}, or ${OPERATOR}; found ${JSON.stringify(name)}`)
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
  ${name === OPERATOR ? FOR_OPERATOR : forTenant(name ?? 'NAME')}
`)
}

const FOR_OPERATOR = `{"operator": {"keys": ["sha256:..."]}}
It is for the status, the metrics and the events of all tenants, and has nothing to do in MISP.`

function forTenant(name: string): string {
  return `{"tenants": {"${name}": {"keys": ["sha256:..."]}}}
In MISP the key stands in the settings *_services_url: http://${name}:KEY@HOST`
}
