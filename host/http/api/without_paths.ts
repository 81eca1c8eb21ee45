/**
 * Text of a module's runner as strangers may see it: files by their place in the module root or in the installed packages, and no
 * other place of this machine. `roots`: folders whose names are cut off, the module's own first.
 */
export function withoutPaths(text: string, roots: readonly string[]): string {
  let shown = text
  for (const root of roots) shown = shown.replaceAll(`${root}/`, '')
  return shown.replace(IN_PYTHON, (_all, path: string) => `File "${shortened(path)}"`)
    .replace(IN_JAVASCRIPT, (_all, before: string, path: string, at: string) => `${before}${shortened(path)}${at}`)
}

/** A file as strangers may see it: by its place in one of the roots, else from the folder of packages on, or its name alone. */
export function withoutFolder(path: string, roots: readonly string[]): string {
  const root = roots.find((each) => path.startsWith(`${each}/`))
  return root === undefined ? shortened(path) : path.slice(root.length + 1)
}

/** A line of a traceback. */
const IN_PYTHON = /File "((?:\/|[A-Za-z]:\\)[^"\n]+)"/g
const IN_JAVASCRIPT = /(\bat (?:[^\n()]+ \()?)(?:file:\/\/)?(\/[^\n():]+)(:\d+:\d+)/g

/** From the folder of packages on, or the name of the file alone. */
function shortened(path: string): string {
  const packages = /\/(?:site-packages|dist-packages|node_modules|python3\.\d+)\/(?!.*\/(?:site-packages|dist-packages|node_modules)\/)(.+)$/.exec(path)
  return packages?.[1] ?? path.slice(path.lastIndexOf('/') + 1)
}
