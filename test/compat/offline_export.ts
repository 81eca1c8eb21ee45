import { ATTRIBUTES, EVENT, TRANSACTION } from './offline_events.ts'
import { type OfflineCase, UUID } from './offline_case.ts'

/** An export of the one event. What it must hold is looked for in the decoded file. */
const exported = (module: string, holds: string, config?: object, agreement: OfflineCase['agreement'] = 'same'): OfflineCase =>
  ({ module, body: () => ({ data: [EVENT], ...(config === undefined ? {} : { config }) }), agreement, holds })

const published = (module: string, params: object, holds: string, agreement: OfflineCase['agreement']): OfflineCase =>
  ({ module, body: () => ({ data: [EVENT], params }), agreement, holds })

const FIREPOWER = { fmc_ip_addr: null, fmc_login: null, fmc_pass: null, domain_id: null, acpolicy_id: null }

/** Export modules that give a real answer offline: contract section 6, third part. */
export const OFFLINE_EXPORT: readonly OfflineCase[] = [
  exported('cef_export', 'CEF:0'),
  exported('liteexport', '"Attribute"'),
  exported('mass_eql_export', 'network where'),
  exported('osqueryexport', 'SELECT'),
  exported('threatStream_misp_export', 'value,itype'),
  { module: 'testexport', body: () => ({ data: '' }), agreement: 'same', holds: '"data"' },
  {
    module: 'threat_connect_export', body: () => ({ data: [{ Attribute: ATTRIBUTES }], config: { Default_Source: 'S' } }),
    agreement: 'same', holds: 'Type,Value,Source,Description',
  },
  {
    module: 'threat_connect_export', about: 'an address with a port', agreement: 'same', holds: 'Something went wrong',
    body: () => ({ data: [{ Attribute: [{ type: 'ip-dst|port', value: '198.51.100.7|80', comment: '' }] }] }),
  },
  exported('defender_endpoint_export', 'evil.example.com', { Period: '7d' }),
  exported('nexthinkexport', 'select', { Period: '7d' }),
  exported('cisco_firesight_manager_ACL_rule_export', '198.51.100.7', FIREPOWER),
  { module: 'goamlexport', body: () => ({ data: [TRANSACTION], config: { rentity_id: '1' } }), agreement: 'same',
    holds: '<report>' },
  {
    module: 'goamlexport', about: 'no objects', body: () => ({ data: [EVENT], config: { rentity_id: '1' } }),
    agreement: 'same', holds: 'There is no object in this event.',
  },
  { module: 'pdfexport', body: () => ({ data: [{ Event: { ...EVENT.Event, Tag: [] } }] }), agreement: 'pdf', holds: '%PDF-1' },
  exported('yara_export', 'rule MISP_e'),
  exported('splunk_export', 'evil.example.com', { include_non_ids: 'false' }),
  exported('zeek_intel_export', '#fields', { source: 'misp' }),
  exported('elastic_ecs_export', 'evil.example.com', { index: 'misp' }, 'time'),
  exported('pf_export', '198.51.100.7', { mode: 'block' }),
  exported('netfilter_export', '198.51.100.7', { mode: 'log' }),
  exported('cisco_acl_export', '198.51.100.7', { mode: 'block', acl_name: 'MISP' }),
  exported('qradar_reference_set_export', '198.51.100.7', { indicator_type: 'ipv4', format: 'csv' }),
]

/** Action modules that give a real answer offline: contract section 6, last part. */
export const OFFLINE_ACTION: readonly OfflineCase[] = [
  { module: 'testaction', body: () => ({ data: {}, params: { foo: 'xyz' } }), agreement: 'same', holds: '{"data":true}' },
  {
    module: 'export_sentinel', agreement: 'same', holds: '{"data":false}',
    body: () =>
      ({ data: { Event: { uuid: UUID } }, params: { misp2_venv: '/nowhere/venv', misp2_script: '/nowhere/script.py' } }),
  },
  published('crowdstrike_ioc_publish', { apply_globally: 'true', dry_run: 'true' }, '"dry_run":true', 'time'),
  published('sentinelone_ioc_publish', { scope: 'site', scope_id: '123456789012345678', dry_run: 'true' }, '"dry_run":true',
    'time'),
  published(
    'qradar_reference_set_publish', { reference_set_id: '12', domain_id: '0', indicator_type: 'ipv4', dry_run: 'true' },
    '"dry_run":true', 'same',
  ),
]
