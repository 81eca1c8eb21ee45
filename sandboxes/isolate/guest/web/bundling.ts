import { fileURLToPath } from 'node:url'

/** How the packages in the guest's code are found and what replaces them: `resolve` of the bundler's input options. */
export const WEB_RESOLUTION = {
  mainFields: ['module', 'main'],
  alias: { tr46: fileURLToPath(new URL('./idna.ts', import.meta.url)) },
}
