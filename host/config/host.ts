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
    flag: 'profile', value: 'NAME', what: 'how far modules are trusted: as those of colleagues, or not at all (refused where a part of that is missing); with two tenants default strict',
  }),
  uids: setting(z.int().min(0).max(4_000_000_000).default(1_900_000_000), {
    flag: 'uids', value: 'NUMBER', what: 'the first of 4096 uids that no account has, of which each cell of the profile strict gets one when the host is root; 0: all run as --user',
  }),
  user: setting(z.string().min(1).default('nobody'), {
    flag: 'user', value: 'NAME', what: 'account that modules run as when the host is root',
  }),
})
export type HostSection = z.infer<typeof HostSection>
