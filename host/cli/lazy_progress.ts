import type { Report } from '../../sandboxes/python/install_events.ts'

/** Progress of an install on stderr, with nothing loaded for it before there is any. */
export function lazyProgress(): { readonly report: Report } & Disposable {
  let shown: Promise<{ readonly report: Report } & Disposable> | undefined
  return {
    report(event) {
      shown ??= import('./python_progress.ts').then(({ showInstall }) => showInstall(process.stderr))
      void shown.then(({ report }) => report(event))
    },
    [Symbol.dispose]() {
      void shown?.then((progress) => progress[Symbol.dispose]())
    },
  }
}
