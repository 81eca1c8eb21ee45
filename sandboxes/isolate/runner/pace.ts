/** A slice of a module's work longer than this holds up the other queries of its runner. */
const LONG_MS = 50
/** A module is trusted to be quick after so many slices that were. */
const PROVEN = 16
/** And after one that was not, after so many. */
const PROVEN_AGAIN = 1000

/**
 * How isolates are entered: on the thread that reads and writes, which takes microseconds, or on a thread of their own, which takes
 * ten times as long and holds up nobody. A module is entered quickly as long as it has been quick.
 */
export class Pace {
  #owed = PROVEN

  get isQuick(): boolean {
    return this.#owed === 0
  }

  /** A slice has taken so long. */
  note(ms: number): void {
    if (ms > LONG_MS) this.#owed = PROVEN_AGAIN
    else if (this.#owed > 0) this.#owed -= 1
  }
}
