import { z } from 'zod'
import { LimitsSection, Modules } from './limits.ts'
import { Queue } from './pool.ts'

/** Whoever runs the host asks with this name; no tenant has it. */
export const OPERATOR = 'operator'

/** The tenant of a host that has none. */
export const LOCAL = 'local'

const RESERVED: readonly string[] = [OPERATOR, LOCAL]

/** What is kept of a key; the command `key` makes both. */
const KeyHash = z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'expected "sha256:" and 64 hexadecimal digits, as "misp-module-host key" prints them' })
const Keys = z.array(KeyHash).max(16)

/** It stands in addresses, in the log and in folders. */
export const TenantName = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, { error: 'expected the name of a tenant: a-z, then up to 31 of a-z, 0-9, _ and -' })
  .refine((name) => !RESERVED.includes(name), { error: `expected another name than ${RESERVED.join(' and ')}` })

const { shape } = LimitsSection

/** As the section `limits`; what is absent is as there. */
const TenantLimits = z.strictObject({
  timeout: shape.timeout.unwrap().optional(),
  cpuSeconds: shape.cpuSeconds,
  runners: shape.runners.unwrap().optional(),
  memoryMb: shape.memoryMb.unwrap().optional(),
  outputMb: shape.outputMb.unwrap().optional(),
  fileMb: shape.fileMb.unwrap().optional(),
  descriptors: shape.descriptors.unwrap().optional(),
  logLines: shape.logLines.unwrap().optional(),
  logKb: shape.logKb.unwrap().optional(),
})

/** As the section `queue`. */
const TenantQueue = z.strictObject({
  queries: Queue.shape.queries.unwrap().optional(),
  bodiesMb: Queue.shape.bodiesMb.unwrap().optional(),
})

/** A port, or the path of a unix socket. */
const Listen = z.strictObject({
  address: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).optional(),
  socket: z.string().min(1).refine((path) => Buffer.byteLength(path) <= 107, { error: 'expected the path of a unix socket, of at most 107 bytes' }).optional(),
}).refine(({ port, socket }) => (port === undefined) !== (socket === undefined), { error: 'expected either a port or a socket' })

/** One of those whose modules are kept apart from everybody else's. Only in the file. */
export const TenantEntry = z.strictObject({
  keys: Keys.default([]),
  roots: z.array(z.string().min(1)).max(100).default([]),
  shared: z.array(z.string().min(1)).max(1000).default([]),
  modules: Modules.default({}),
  limits: TenantLimits.default({}),
  concurrency: z.int().min(1).max(10_000).default(32),
  queue: TenantQueue.default({}),
  listen: Listen.optional(),
})
export type TenantEntry = z.infer<typeof TenantEntry>

export const Tenants = z.record(TenantName, TenantEntry)
export type Tenants = z.infer<typeof Tenants>

/** Whoever runs the host, for what concerns all tenants. */
export const Operator = z.strictObject({ keys: Keys.default([]) })
export type Operator = z.infer<typeof Operator>
