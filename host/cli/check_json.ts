import type { Checked, Sample } from '../check/check_module.ts'
import { SEVERITIES, type Finding, type Severity } from '../check/finding.ts'
import type { Knowledge } from '../check/knowledge.ts'
import type { Skipped } from '../check/targets.ts'
import { fixBeside, type Fix } from '../../sandboxes/fix.ts'
import { diagnose } from '../../sandboxes/python/diagnose.ts'
import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import { diagnosisOptions } from './failure_text.ts'

/** What a check has found out. */
export interface Report {
  readonly checked: readonly Checked[]
  readonly skipped: readonly Skipped[]
  readonly known: Knowledge
  readonly python: PythonEnvironment | undefined
}

/** The report for programs. */
export function checkJson({ checked, skipped, known, python }: Report): string {
  const modules = checked.map((each) => {
    const { source, entry, failure, findings, sample, loadMs } = each
    const fix = fixOf(each, python)
    return {
      name: source.name, type: source.type, runtime: source.runtime, file: source.file,
      loaded: entry !== undefined,
      loadMs: Math.round(loadMs),
      ...(failure === undefined ? {} : { failure }),
      ...(fix === undefined ? {} : { missing: fix.what, mend: fix.command }),
      findings,
      ...(sample === undefined ? {} : { sample: { ...sample, ms: Math.round(sample.ms), body: parsed(sample.body), answer: parsed(sample.answer) } }),
    }
  })
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, count(checked, severity)]))
  return `${JSON.stringify({ modules, skipped, comparedWith: known.source ?? null, summary: { modules: modules.length, ...counts } }, null, 2)}\n`
}

/** What is missing and the command that mends it, where a package does. */
export function fixOf({ failure }: Checked, python: PythonEnvironment | undefined): Fix | undefined {
  if (failure === undefined) return undefined
  return python === undefined ? fixBeside(failure) : diagnose(failure, diagnosisOptions(python))
}

export function count(checked: readonly Checked[], severity: Severity): number {
  return checked.flatMap(({ findings }): readonly Finding[] => findings).filter((each) => each.severity === severity).length
}

function parsed(text: Sample['answer']): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}
