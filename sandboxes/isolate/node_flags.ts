/**
 * What Node is started with where isolates are made: its snapshot and isolated-vm do not go together, and where V8 is to make no machine code
 * it is told so.
 */
export function nodeFlags({ jit }: { readonly jit: boolean }): readonly string[] {
  return ['--no-node-snapshot', ...(jit ? [] : ['--jitless'])]
}
