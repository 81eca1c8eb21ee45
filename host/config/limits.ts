import { z } from 'zod'
import { Headers, Hosts, Methods, Networks, Ports } from './egress.ts'
import { setting } from './setting.ts'

const timeout = z.number().positive().max(86_400)
const runners = z.int().min(1).max(1000)
const memoryMb = z.int().min(16)
const cpuSeconds = z.number().positive().max(345_600)

/** What one module may use, unless the operator says otherwise for that module. */
export const LimitsSection = z.strictObject({
  timeout: setting(timeout.default(300), {
    value: 'SECONDS', what: 'time for a query: where the request has none, and the most it may ask for', strict: 60,
  }),
  cpuSeconds: setting(cpuSeconds.optional(), {
    value: 'SECONDS', what: 'processor time of a query in Python or of a program (default: four times the time it has)', strict: 30,
  }),
  runners: setting(runners.default(32), { value: 'N', what: 'most runners of one module at once' }),
  memoryMb: setting(memoryMb.default(1024), { value: 'MB', what: 'memory a query may add, besides 8 times its body', strict: 512 }),
  outputMb: setting(z.int().min(1).max(1024).default(1024), { value: 'MB', what: 'longest answer', strict: 8 }),
  fileMb: setting(z.int().min(1).default(1024), { value: 'MB', what: 'largest file a module may write' }),
  descriptors: setting(z.int().min(64).max(65_536).default(1024), { value: 'N', what: 'descriptors a runner may have open' }),
  logLines: setting(z.int().min(1).default(1000), { value: 'N', what: 'lines that a query may log' }),
  logKb: setting(z.int().min(1).default(64), { value: 'KB', what: 'text that a query may log' }),
})
export type LimitsSection = z.infer<typeof LimitsSection>

/** What an operator says of one module, or of all whose name fits a pattern such as `joesandbox_*`. */
export const ModuleEntry = z.strictObject({
  enabled: z.boolean().optional(),
  timeout: timeout.optional(),
  cpuSeconds: cpuSeconds.optional(),
  runners: runners.optional(),
  memoryMb: memoryMb.optional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()).optional(),
  proxy: z.string().optional(),
  hosts: Hosts.optional(),
  networks: Networks.optional(),
  ports: Ports.optional(),
  methods: Methods.optional(),
  headers: Headers.optional(),
  processes: z.boolean().optional(),
  warm: z.boolean().optional(),
  own: z.boolean().optional(),
})
export type ModuleEntry = z.infer<typeof ModuleEntry>

/** Names or patterns, the later entry winning where several fit. Only in the file. */
export const Modules = z.record(z.string(), ModuleEntry)
export type Modules = z.infer<typeof Modules>
