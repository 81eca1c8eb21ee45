/** The parts of the guest's code that few modules need and that take as long to evaluate as all the others. */
export type LatePart = 'url' | 'hashes'

/** What a module's text mentions that needs a part; that it comes by a name in another way is seen when it uses it. */
const MENTIONS: Readonly<Record<LatePart, RegExp>> = { url: /URL|fetch|Request/, hashes: /crypto/ }

/**
 * The parts that a module with this text will need. They are evaluated before its code runs: afterwards it may have changed what they
 * are made of.
 */
export function partsFor(text: string): readonly LatePart[] {
  return (Object.keys(MENTIONS) as LatePart[]).filter((part) => MENTIONS[part].test(text))
}
