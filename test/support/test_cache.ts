import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder for what tests make once and keep: MISP_TEST_CACHE, which `npm test` sets, else one of the system's temporary ones. */
export function testCache(): string {
  return process.env['MISP_TEST_CACHE'] ?? join(tmpdir(), 'misp-module-host-tests')
}
