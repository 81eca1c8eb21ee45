/** Upstream's long flags, which may be cut short as long as no two of them begin so. */
const FLAGS = ['--test', '--debug', '--debug-extended', '--port', '--listen', '--custom', '--system']

/** Turns `--cust DIR` into `--custom DIR`. Flags of ours, and what fits several of upstream's, stay as they are. */
export function expandPrefixes(argv: readonly string[], known: ReadonlySet<string>): string[] {
  const end = argv.indexOf('--')
  return argv.map((word, index) => {
    if (!word.startsWith('--') || (end !== -1 && index >= end)) return word
    const [flag = '', ...value] = word.split('=')
    if (flag === '--' || known.has(flag)) return word
    const fitting = FLAGS.filter((each) => each.startsWith(flag))
    return fitting.length === 1 ? [fitting[0], ...value].join('=') : word
  })
}
