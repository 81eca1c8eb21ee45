import { type Context, ModuleError } from 'misp-module-host/sdk'

/** A helper: files that begin with an underscore are no modules. The module beside it imports it, and its test may. */
export interface Asset {
  readonly owner: string
  readonly room: string
}

interface Inventory {
  readonly url: string
  readonly key: string
}

/** What the inventory knows of an address; undefined: nothing. Throws ModuleError where it cannot be asked. */
export async function assetOf(address: string, { url, key }: Inventory, fetch: Context['fetch']): Promise<Asset | undefined> {
  const response = await asked(fetch(`${url}/assets/${encodeURIComponent(address)}`, { headers: { 'x-api-key': key } }))
  if (response.status === 404) return undefined
  if (response.status === 401) throw new ModuleError('The inventory does not accept the api_key.')
  if (!response.ok) throw new ModuleError(`The inventory answered ${response.status}.`)
  return await response.json() as Asset
}

async function asked(response: Promise<Response>): Promise<Response> {
  try {
    return await response
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error }
    throw new ModuleError(`The inventory cannot be reached: ${cause?.message ?? message}`)
  }
}
