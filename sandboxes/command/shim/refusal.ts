/** Why a module does not load, in one line, and where. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly file: string
  readonly line: number | undefined

  constructor(message: string, file: string, line?: number) {
    super(message)
    this.file = file
    this.line = line
  }
}
