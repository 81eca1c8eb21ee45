/** What a figure is compared with. The sentence is the requirement; the bound is what the code checks. */
export interface Goal {
  readonly measure: string
  readonly goal: string
  readonly atLeast?: number
  readonly atMost?: number
}

/** Ratios are against upstream, measured in the same run. In the order of the table that is printed. */
export const GOALS = {
  keepAlive: { measure: 'trivial module, 32 keep-alive clients', goal: '>= 6x', atLeast: 6 },
  keepAliveEcho: { measure: 'the same, against a bare Fastify echo', goal: '>= 0.4x of the echo', atLeast: 0.4 },
  newConnections: { measure: 'the same, a new connection each', goal: '>= 2.5x', atLeast: 2.5 },
  oneClientP50: { measure: 'one client, p50', goal: '<= 0.4x', atMost: 0.4 },
  oneClientP99: { measure: 'one client, p99', goal: "<= 2x of the echo's p99", atMost: 2 },
  countrycode8: { measure: 'countrycode, 8 clients', goal: '>= 1.5x', atLeast: 1.5 },
  countrycode1: { measure: 'countrycode, 1 client', goal: '>= 0.95x', atLeast: 0.95 },
  docx8: { measure: 'docx_enrich, 8 clients', goal: '>= 1.5x', atLeast: 1.5 },
  docx1: { measure: 'docx_enrich, 1 client', goal: '>= 0.95x', atLeast: 0.95 },
  stix8: { measure: 'stix2 validator, 8 clients', goal: '>= 1.5x', atLeast: 1.5 },
  stix1: { measure: 'stix2 validator, 1 client', goal: '>= 0.95x', atLeast: 0.95 },
  csv8: { measure: 'csv import, 8 clients', goal: '>= 1.5x', atLeast: 1.5 },
  csv1: { measure: 'csv import, 1 client', goal: '>= 0.95x', atLeast: 0.95 },
  yara8: { measure: 'yara export, 8 clients', goal: '>= 1.5x', atLeast: 1.5 },
  yara1: { measure: 'yara export, 1 client', goal: '>= 0.95x', atLeast: 0.95 },
  provider8: { measure: 'hashlookup at a loopback provider, 8 clients', goal: '>= 1.5x', atLeast: 1.5 },
  provider1: { measure: 'hashlookup at a loopback provider, 1 client', goal: '>= 0.95x', atLeast: 0.95 },
  sleepers: { measure: '32 parallel one-second handlers', goal: '<= 1.5 s', atMost: 1.5 },
  sleepersMemory: { measure: 'the same: memory of each', goal: '<= 3 MB PSS', atMost: 3 },
  computing: { measure: 'CPU-bound handlers on 2 cores', goal: '>= 1.7x', atLeast: 1.7 },
  startFull: { measure: 'start to full /modules, describe cache full', goal: '<= 1/8', atMost: 1 / 8 },
  startEmpty: { measure: 'the same, describe cache empty', goal: '<= 2x', atMost: 2 },
  firstPymisp: { measure: 'start to first answer of a pymisp module', goal: '<= 0.5x', atMost: 0.5 },
  firstQueryMedian: { measure: 'first query of every module, median', goal: '<= 15 ms', atMost: 15 },
  firstQueryP95: { measure: 'first query of every module, p95', goal: '<= 150 ms', atMost: 150 },
  memoryUp: { measure: 'memory: server up', goal: '<= 0.7x', atMost: 0.7 },
  memoryTwenty: { measure: 'memory: 20 modules live', goal: '<= 1.0x', atMost: 1 },
  memoryAll: { measure: 'memory: all modules queried once', goal: '<= 0.7x + 512 MB (MB)', atMost: 0 },
  memoryReaped: { measure: 'memory: idle with Python reaped', goal: '<= 0.4x', atMost: 0.4 },
  memoryAllBack: { measure: 'the same after all modules were queried once: back', goal: '<= 0.4x', atMost: 0.4 },
  hostileMix: { measure: "hostile mix: trivial module's p95 against its idle p95", goal: '<= 1.5x', atMost: 1.5 },
  hostileSpinning: { measure: 'the same, 2 spinning on 2 cores', goal: '<= 2x or 5 ms', atMost: 2 },
  hostileLost: { measure: 'the same: queries lost', goal: 'none', atMost: 0 },
  largeBody: { measure: '150 MB body: the host grows by', goal: '<= body + 64 MB', atMost: 64 },
  largeBodyBack: { measure: 'the same, ten seconds after (MB over before)', goal: 'back: <= 32 MB', atMost: 32 },
  soakMemory: { measure: '20,000 queries, 200 kills: growth after the first 2,000', goal: '< 20 MB', atMost: 20 },
  soakDescriptors: { measure: 'the same: descriptors', goal: 'flat', atMost: 0 },
  tsKeepAlive: { measure: 'trivial TypeScript module, 32 clients, against the Python one of upstream', goal: '>= 8x', atLeast: 8 },
  tsKeepAliveEcho: { measure: 'the same, against a bare Fastify echo', goal: '>= 0.5x of the echo', atLeast: 0.5 },
  tsOneClientP50: { measure: 'trivial TypeScript module, one client, p50', goal: '<= 0.4x', atMost: 0.4 },
  tsBody: { measure: '1 MB body to a TypeScript module, p50', goal: 'no goal' },
  tsFresh: { measure: 'a fresh isolate for each query', goal: '>= 300/s', atLeast: 300 },
  tsFromSpare: { measure: 'first query of a TypeScript module, from a spare process', goal: '<= 10 ms', atMost: 10 },
  tsWithoutSpare: { measure: 'the same, without a spare', goal: '<= 150 ms', atMost: 150 },
  tsTwenty: { measure: '20 live TypeScript modules: memory of each', goal: 'no goal' },
  saveToLivePython: { measure: 'save to live, Python, four clients asking', goal: '<= 150 ms (p95)', atMost: 150 },
  saveToLiveTypeScript: { measure: 'save to live, TypeScript, four clients asking', goal: '<= 100 ms (p95)', atMost: 100 },
  reloadLost: { measure: '1,000 saves while queries run: queries lost', goal: 'none', atMost: 0 },
  reloadGrowth: { measure: 'the same: growth', goal: '< 20 MB', atMost: 20 },
  strictPython: { measure: 'profile strict, Python, a fresh process for each query: one client, p50', goal: '<= 5 ms', atMost: 5 },
  strictPythonMany: { measure: 'the same, 8 clients', goal: '>= 250/s', atLeast: 250 },
  strictIsolate: { measure: 'profile strict, TypeScript, a fresh isolate for each query: one client, p50', goal: '<= 10 ms', atMost: 10 },
  strictFirst: { measure: 'profile strict, Python: first query of a module, median', goal: '<= 100 ms', atMost: 100 },
  egressPython: { measure: 'profile strict: what a request takes longer by the egress process, Python', goal: 'no goal' },
  egressTypeScript: { measure: 'the same, TypeScript', goal: 'no goal' },
  egressThroughput: { measure: 'profile strict: 128 MB through the egress process', goal: 'no goal' },
  tenantAttacked: { measure: "profile strict: a tenant's p95 while another attacks, against its p95 alone", goal: '<= 2x', atMost: 2 },
  tenantActive: { measure: 'profile strict: memory of a tenant with one module live', goal: 'no goal' },
  tenantsIdle: { measure: 'profile strict: memory of 100 idle tenants', goal: '0 MB', atMost: 0.5 },
} as const satisfies Record<string, Goal>

export type GoalName = keyof typeof GOALS

/** Whether a figure meets its goal. */
export function meets(name: GoalName, figure: number): boolean {
  const goal: Goal = GOALS[name]
  return figure >= (goal.atLeast ?? -Infinity) && figure <= (goal.atMost ?? Infinity)
}
