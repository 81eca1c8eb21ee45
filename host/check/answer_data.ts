/** MISP decodes leniently; what is no base64 at all comes out as rubbish. */
export function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)
}
