import { fileURLToPath } from 'node:url'

/** How the packages in the guest's code are found and what replaces them: `resolve` of the bundler's input options. */
export const WEB_RESOLUTION = {
  mainFields: ['module', 'main'],
  alias: { tr46: fileURLToPath(new URL('./idna.ts', import.meta.url)) },
}

/** What packages expect of the language and isolates do not have: `inject` of the bundler's transform options. */
export const WEB_INJECTED: Record<string, [string, string]> = {
  SharedArrayBuffer: [fileURLToPath(new URL('./no_shared_memory.ts', import.meta.url)), 'SharedArrayBuffer'],
}
