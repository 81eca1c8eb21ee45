import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { setting } from './setting.ts'

const SHIPPED = fileURLToPath(new URL('../../modules', import.meta.url))

/** Where modules are looked for besides the installed misp-modules. A later root overrides an earlier one by name. */
export const Roots = z.strictObject({
  custom: setting(z.string().default(''), {
    flag: 'custom', path: true, short: 'c', value: 'DIR', what: 'root of custom modules, as upstream; empty: none',
  }),
  modules: setting(z.array(z.string()).default([SHIPPED]), {
    flag: 'modules', path: true, value: 'DIR', what: "roots of modules, instead of the project's own modules/ (may be given several times)",
  }),
  watch: setting(z.enum(['on', 'poll', 'off']).default('on'), {
    flag: 'watch', value: 'HOW', what: 'how saved modules are noticed: the kernel tells; files are looked at, for file systems where it cannot; not at all',
  }),
})
export type Roots = z.infer<typeof Roots>
