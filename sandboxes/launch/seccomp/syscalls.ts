/** Numbers of system calls: on x64, on arm64; undefined where that has none of the name. */
export const ARCHITECTURES = ['x64', 'arm64'] as const
export type Architecture = (typeof ARCHITECTURES)[number]
type Numbers = Readonly<Record<string, readonly [x64: number | undefined, arm64: number | undefined]>>

/** No newer call than this is let through: it was read about by nobody. */
export const NEWEST = 470

/** What the filters look at more closely. */
export const LOOKED_AT = {
  clone: [56, 220],
  clone3: [435, 435],
  fork: [57, undefined],
  vfork: [58, undefined],
  execve: [59, 221],
  execveat: [322, 281],
  socket: [41, 198],
  ioctl: [16, 29],
  mmap: [9, 222],
  personality: [135, 92],
} as const satisfies Numbers

/** What nothing in a cell may call. */
export const DENIED: Numbers = {
  // Other processes: their memory, their descriptors.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  // The file system as it is mounted, and ways around its paths.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  statmount: [457, 457],
  listmount: [458, 458],
  // Other namespaces.
  unshare: [272, 97],
  setns: [308, 268],
  // Large parts of the kernel that no module needs, with a history of holes.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  modify_ldt: [154, undefined],
  lookup_dcookie: [212, 18],
  uselib: [134, undefined],
  ustat: [136, undefined],
  sysfs: [139, undefined],
  _sysctl: [156, undefined],
  nfsservctl: [180, 42],
  vhangup: [153, 58],
  // The machine itself.
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  // Memory that belongs to no process, so that no watch would see it.
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  shmget: [29, 194],
}

export function numberOf([x64, arm64]: readonly [number | undefined, number | undefined], architecture: Architecture): number | undefined {
  return architecture === 'x64' ? x64 : arm64
}
