/** What an install is doing: for a spinner on a terminal, plain lines elsewhere. */
export type InstallEvent =
  /** Another process installs the same; its pid. */
  | { readonly type: 'waiting'; readonly pid: number }
  /** An earlier install of this environment was interrupted; what it has downloaded is used. */
  | { readonly type: 'resuming'; readonly folder: string }
  | { readonly type: 'phase'; readonly phase: InstallPhase; readonly detail: string }
  | { readonly type: 'package'; readonly doing: 'downloading' | 'building' | 'built'; readonly name: string }
  | { readonly type: 'count'; readonly done: 'resolved' | 'prepared' | 'installed'; readonly packages: number }
  /** A requirement that cannot be had here; the others go on. */
  | { readonly type: 'failed'; readonly requirement: string; readonly reason: string }
  /** uv is not to be had: pip does the work, slower. */
  | { readonly type: 'no-uv'; readonly reason: string }

export type InstallPhase = 'environment' | 'installer' | 'packages' | 'singly' | 'bytecode'

export type Report = (event: InstallEvent) => void

/** What one line of uv or pip says about progress. undefined: nothing. */
export function progressOf(line: string): InstallEvent | undefined {
  for (const [pattern, toEvent] of LINES) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) return toEvent(found)
  }
  return undefined
}

const LINES: readonly (readonly [RegExp, (found: string) => InstallEvent])[] = [
  [/^Resolved (\d+) packages?/, (found) => ({ type: 'count', done: 'resolved', packages: Number(found) })],
  [/^Prepared (\d+) packages?/, (found) => ({ type: 'count', done: 'prepared', packages: Number(found) })],
  [/^Installed (\d+) packages?/, (found) => ({ type: 'count', done: 'installed', packages: Number(found) })],
  [/^Successfully installed (.+)/, (found) => ({ type: 'count', done: 'installed', packages: found.trim().split(/\s+/).length })],
  [/^\s*(?:Downloading|Collecting) (\S+)/, (found) => ({ type: 'package', doing: 'downloading', name: found })],
  [/^\s*Building (?:wheel for )?(\S+)/, (found) => ({ type: 'package', doing: 'building', name: found })],
  [/^\s*Built (\S+)/, (found) => ({ type: 'package', doing: 'built', name: found })],
]
