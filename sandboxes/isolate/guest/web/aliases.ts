import { fileURLToPath } from 'node:url'

/** What replaces packages when the guest's code is bundled: `resolve.alias` of the bundler. */
export const WEB_ALIASES: Readonly<Record<string, string>> = { tr46: fileURLToPath(new URL('./idna.ts', import.meta.url)) }
