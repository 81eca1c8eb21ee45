/** A helper of counts_words.ts. */
export const STOP_WORDS: ReadonlySet<string> = new Set(['the'])
