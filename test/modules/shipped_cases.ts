import type { Case } from './case.ts'
import { DNS_CASES } from './cases/dns.ts'
import { WRONG_CASES } from './cases/every_module.ts'
import { EXPORT_CASES } from './cases/exports.ts'
import { IMPORT_CASES } from './cases/imports.ts'
import { LOOKUP_CASES } from './cases/lookups.ts'
import { WEBHOOK_CASES } from './cases/webhook.ts'
import { OFFLINE_CASES } from './cases/without_network.ts'

export const SHIPPED_CASES: readonly Case[] = [
  ...DNS_CASES, ...OFFLINE_CASES, ...LOOKUP_CASES, ...IMPORT_CASES, ...EXPORT_CASES, ...WEBHOOK_CASES, ...WRONG_CASES,
]
