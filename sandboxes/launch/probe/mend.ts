/** What makes a cell start where bubblewrap says that. */
export function mendOf(said: string): string {
  for (const [pattern, mend] of CAUSES) if (pattern.test(said)) return mend
  return 'misp-module-host doctor --profile strict'
}

/** In bubblewrap's own words. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/max_\*_namespaces|ENOSPC|nesting depth/i, 'sysctl -w user.max_user_namespaces=65536 user.max_pid_namespaces=65536 user.max_net_namespaces=65536 user.max_mnt_namespaces=65536'],
  [/setting up uid map|apparmor|loopback: Failed RTM_NEWADDR/i, 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'],
  [/No permissions to create(?: a)? new namespace|Creating new namespace failed/i,
    'sysctl -w kernel.unprivileged_userns_clone=1 (in a container: a seccomp profile that allows unshare, clone and mount)'],
  [/mounting proc|Can't mount proc/i, 'run the host outside of a container, or in one whose /proc is not masked (docker: --security-opt systempaths=unconfined)'],
  [/seccomp/i, 'npm ci (the filters of system calls of this checkout are not those of this processor)'],
]
