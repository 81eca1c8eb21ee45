import { z } from 'zod'
import { setting } from './setting.ts'

/** Which Python runs the Python modules, and in what form. */
export const Python = z.strictObject({
  path: setting(z.string().optional(), {
    flag: 'python', path: true, value: 'PATH', what: 'interpreter to use; default: $VIRTUAL_ENV, the one behind misp-modules, our own',
  }),
  install: setting(z.boolean().default(true), {
    flag: 'install', what: 'make an environment where there is none (--no-install: refuse to start instead)',
  }),
  extras: setting(z.enum(['core', 'minimal', 'all']).default('all'), {
    flag: 'extras', value: 'SET', what: 'which of the dependencies of misp-modules an install brings',
  }),
  findLinks: setting(z.string().optional(), {
    flag: 'find-links', path: true, value: 'DIR', what: 'folder of wheels that an install takes before it asks a registry',
  }),
  form: setting(z.enum(['forkserver', 'single']).default(process.platform === 'linux' ? 'forkserver' : 'single'), {
    value: 'FORM', what: 'how runners start: forked from a preloaded process, or each an interpreter of its own',
  }),
  idleSeconds: setting(z.number().min(1).default(600), {
    value: 'SECONDS', what: 'a fork server that nothing came from for so long is ended',
  }),
})
export type Python = z.infer<typeof Python>
