import { z } from 'zod'
import { PROFILES } from '../../sandboxes/launch/policy.ts'
import { setting } from './setting.ts'

/** What the process itself uses. */
export const HostSection = z.strictObject({
  state: setting(z.string().optional(), {
    flag: 'state', path: true, value: 'DIR',
    what: 'state folder: the environment, caches, sockets; default $XDG_STATE_HOME/misp-module-host, as root /var/lib/misp-module-host',
  }),
  profile: setting(z.enum(PROFILES).default('trusted'), {
    flag: 'profile', value: 'NAME', what: 'how far modules are trusted: as those of colleagues, or not at all (refused where a part of that is missing)',
  }),
  user: setting(z.string().min(1).default('nobody'), {
    flag: 'user', value: 'NAME', what: 'account that modules run as when the host is root',
  }),
})
export type HostSection = z.infer<typeof HostSection>
