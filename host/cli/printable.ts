/** Text of strangers for a terminal: control characters, which could move its cursor or turn text around, are spelled out. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}/gu, (found) => (found === '\n' || found === '\t' ? found : found === '\r' ? '' : spelled(found)))
}

function spelled(character: string): string {
  const code = character.charCodeAt(0).toString(16)
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
}
