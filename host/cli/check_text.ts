import { relative } from 'node:path'
import type { Checked, Sample } from '../check/check_module.ts'
import { SEVERITIES, type Finding, type Severity } from '../check/finding.ts'
import { count, fixOf, type Report } from './check_json.ts'
import { printable } from './printable.ts'

/** The report for people: a paragraph for each module, then how many there are. */
export function checkText(report: Report): string {
  const { checked, skipped, known } = report
  const parts = [
    ...checked.map((each) => paragraph(each, report)),
    ...(skipped.length === 0 ? [] : [`No modules:\n${skipped.map(({ file, why }) => `  ${short(file)}: ${why}\n`).join('')}`]),
    ...(known.source === undefined ? ['Names of types, categories and objects were not compared: no environment with pymisp was found.\n'] : []),
    `${summary(checked)}\n`,
  ]
  return printable(parts.join('\n'))
}

function paragraph(each: Checked, { python }: Report): string {
  const { source, entry, findings, failure, sample, loadMs } = each
  const fix = fixOf(each, python)
  const how = entry === undefined ? 'does not load' : `loads in ${Math.round(loadMs)} ms`
  return [
    `${short(source.file)}: ${source.name}, ${source.type}, ${source.runtime}: ${how}`,
    ...findings.toSorted(bySeverity).map(({ severity, about, message }) => `  ${severity.padEnd(7)}  ${about === 'load' ? '' : `${about}: `}${message}`),
    ...(fix === undefined ? [] : [`  missing: ${fix.what}`, `  mend it with: ${fix.command}`]),
    ...(failure?.trace === undefined || fix !== undefined ? [] : indented(failure.trace, source.file)),
    ...(sample === undefined ? [] : asked(sample, source.file)),
  ].map((line) => `${line}\n`).join('')
}

function asked({ body, ms, outcome, shows, trace }: Sample, file: string): string[] {
  return [
    `  asked: ${cut(body)}`,
    `  ${outcome === 'success' || outcome === 'module_error' ? 'answered' : outcome} after ${Math.round(ms)} ms; MISP would show: ${shows.join('; ')}`,
    ...(trace === undefined ? [] : indented(trace, file)),
  ]
}

/** From the module's own first line on: what is above it is how it was called. */
function indented(trace: string, file: string): string[] {
  const all = trace.trimEnd().split('\n')
  const lines = all.slice(Math.max(0, all.findIndex((line) => line.includes(file))))
  return lines.slice(-LAST_LINES).map((line) => `    ${line}`)
}

const LAST_LINES = 12
const LONGEST = 300

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}... (${text.length} characters)` : text
}

function bySeverity(a: Finding, b: Finding): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
}

function summary(checked: readonly Checked[]): string {
  const counts = SEVERITIES.map((severity) => counted(count(checked, severity), severity)).join(', ')
  const failed = checked.filter(({ entry }) => entry === undefined).length
  return `${counted(checked.length, 'module')}${failed === 0 ? '' : `, ${failed} of them not loaded`}: ${counts}`
}

function counted(number: number, what: Severity | 'module'): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** From where the reader is, if it is below. */
function short(file: string): string {
  const from = relative(process.cwd(), file)
  return from.startsWith('..') ? file : from
}
