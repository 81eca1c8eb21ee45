import Table from 'cli-table3'
import { GOALS, type GoalName, meets } from './goals.ts'
import type { Row } from './measure.ts'

/** Why a goal has no figure. */
export interface Failed {
  readonly goal: GoalName
  readonly reason: string
}

export type Line = Row | Failed

/** The result as a table, one line a goal. */
export function formatTable(lines: readonly Line[]): string {
  const table = new Table({
    head: ['Measure', 'Upstream', 'Ours', 'Figure', 'Goal', ''],
    style: { head: [], border: [], compact: true },
  })
  for (const line of lines) table.push(cells(line))
  const notes = lines.flatMap((line) => ('note' in line && line.note !== undefined ? [line.note] : []))
  return [table.toString(), ...notes].join('\n')
}

/** Whether a line meets its goal. */
export function isMet(line: Line): boolean {
  return 'figure' in line && (line.met ?? meets(line.goal, line.figure))
}

function cells(line: Line): string[] {
  const { measure, goal } = GOALS[line.goal]
  if ('reason' in line) return [measure, '', line.reason.split('\n', 1)[0]?.slice(0, 60) ?? '', '', goal, 'FAILED']
  return [measure, line.upstream ?? '', line.ours, `${digits(line.figure)}${line.unit ?? ''}`, goal, isMet(line) ? 'met' : 'MISSED']
}

function digits(figure: number): string {
  return Math.abs(figure) >= 100 ? figure.toFixed(0) : Number(figure.toPrecision(3)).toString()
}
