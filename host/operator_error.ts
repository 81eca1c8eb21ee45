/** Something the operator can mend; the message says what was expected, what was found and what there is. */
export class OperatorError extends Error {
  override name = 'OperatorError'
}
