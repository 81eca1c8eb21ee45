import ivm from 'isolated-vm'

/**
 * Whether this isolated-vm lets code of an isolate run while a value is copied out of it, which the releases before 7.0.1 and 6.2.0 do,
 * and which is a way to write to the memory of the host (GHSA-864f-rcv7-6rh4). Throws where it does, and where there are no isolates.
 */
export function canary(): void {
  const isolate = new ivm.Isolate({ memoryLimit: 8 })
  try {
    let copied: unknown
    try {
      copied = isolate.createContextSync().evalSync('({get a(){return 1}})', { copy: true })
    } catch {
      return
    }
    throw new Error(`expected isolated-vm 7.0.1 or newer, found one that runs getters while it copies (${JSON.stringify(copied)}): modules could leave their isolate`)
  } finally {
    isolate.dispose()
  }
}
