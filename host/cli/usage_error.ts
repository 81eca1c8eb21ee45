/** The command was called wrongly: status 2. The message says what was expected, what was found and what there is. */
export class UsageError extends Error {
  override name = 'UsageError'
}
