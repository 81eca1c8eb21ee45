import { constants } from 'node:fs'
import { join, resolve } from 'node:path'
import { obstacle, type Reacher } from '../../sandboxes/reach.ts'

/** Of root, so that nobody else can put an interpreter there. */
const SYSTEM_CACHE = '/var/cache/misp-module-host-tests'

/**
 * The folder for what is made once and kept between runs: $MISP_TEST_CACHE, else one in the project, else, where `runner` (the
 * account that modules run as) has no way to the project, one of the system's.
 */
export async function cacheFolder(project: string, wish: string | undefined, runner: Reacher | undefined): Promise<string> {
  if (wish !== undefined && wish !== '') return resolve(wish)
  const closed = runner !== undefined && (await obstacle(runner, project, constants.R_OK | constants.X_OK)) !== undefined
  return closed ? SYSTEM_CACHE : join(project, '.state', 'tests')
}
