import ora from 'ora'
import type { InstallEvent, InstallPhase } from '../../sandboxes/python/install_events.ts'

/** Where progress goes: a terminal gets a spinner, anything else plain lines. */
export type Out = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface InstallProgress extends Disposable {
  readonly report: (event: InstallEvent) => void
}

/** Shows an install as it goes. Disposing ends the spinner and leaves the lines. */
export function showInstall(out: Out, stillMs = 5000): InstallProgress {
  return out.isTTY ? spinner(out) : lines(out, stillMs)
}

function spinner(out: Out): InstallProgress {
  const started = performance.now()
  const spin = ora({ stream: out as NodeJS.WriteStream, discardStdin: false })
  const counts = { packages: 0, resolved: 0 }
  return {
    report(event) {
      const said = sentence(event)
      if (event.type === 'count' && event.done === 'resolved') counts.resolved = event.packages
      if (event.type === 'package') {
        counts.packages += event.doing === 'building' ? 0 : 1
        spin.text = `${event.doing} ${event.name} (${counts.packages} fetched or built of ${counts.resolved || '?'} packages)`
      } else if (event.type === 'failed' || event.type === 'no-uv') spin.warn(said).start()
      else if (said !== undefined) spin.start(said)
    },
    [Symbol.dispose]() {
      if (spin.isSpinning) spin.stopAndPersist({ symbol: '-', text: `environment: ${seconds(started)}` })
    },
  }
}

/** Each phase once; single packages at most every `stillMs` milliseconds, as a sign of life. */
function lines(out: Out, stillMs: number): InstallProgress {
  const started = performance.now()
  let last = 0
  return {
    report(event) {
      if (event.type === 'package' && performance.now() - last < stillMs) return
      const said = sentence(event)
      if (said === undefined) return
      last = performance.now()
      out.write(`${seconds(started)} ${said}\n`)
    },
    [Symbol.dispose]() {},
  }
}

const PHASES: Readonly<Record<InstallPhase, string>> = {
  environment: 'making an environment with',
  installer: 'installing',
  packages: 'installing',
  singly: 'installing requirement by requirement, because',
  bytecode: 'compiling',
}

function sentence(event: InstallEvent): string {
  switch (event.type) {
    case 'waiting': return `waiting for process ${event.pid}, which installs the same`
    case 'resuming': return 'going on with an interrupted install'
    case 'phase': return `${PHASES[event.phase]} ${event.detail}`
    case 'package': return `${event.doing} ${event.name}`
    case 'count': return `${event.done} ${event.packages} package${event.packages === 1 ? '' : 's'}`
    case 'failed': return `without ${event.requirement}: ${event.reason}`
    case 'no-uv': return `uv is not to be had, pip takes longer: ${event.reason}`
  }
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
