/** Where what V8 has made of the guest's script is, beside the script. Made with the folder, by the host. */
export function cacheOf(script: string): string {
  return `${script}.cache`
}
