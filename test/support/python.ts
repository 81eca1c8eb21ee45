/** The interpreter with the real misp-modules package that tests run modules with; `npm test` sets it. */
export function testPython(): string {
  const python = process.env['MISP_TEST_PYTHON']
  if (python === undefined) {
    throw new Error('MISP_TEST_PYTHON is not set: run "npm test", or name an interpreter that has misp-modules[all] installed')
  }
  return python
}
