import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A fenced block: what stands behind its fence, and its text. */
export interface Block {
  readonly info: string
  readonly text: string
}

export interface Link {
  readonly text: string
  readonly target: string
}

export function read(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8')
}

/** The table whose first row has these cells. Throws where there is not exactly one. */
export function tableOf(text: string, ...head: readonly string[]): Table {
  const found = tables(text).filter((table) => table.head.join('|') === head.join('|'))
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`expected one table with the head ${head.join(' | ')}, found ${found.length}`)
  return only
}

function tables(text: string): Table[] {
  const runs = withoutBlocks(text).split('\n').reduce<string[][]>((sofar, line) => {
    if (line.startsWith('|')) sofar.at(-1)?.push(line)
    else if (sofar.at(-1)?.length !== 0) sofar.push([])
    return sofar
  }, [[]])
  return runs.filter(({ length }) => length > 2).map(([head = '', , ...rows]) => ({ head: cellsOf(head), rows: rows.map(cellsOf) }))
}

/** A bar inside a cell is written `\|`. */
export function cellsOf(row: string): string[] {
  return row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll('\\|', '|'))
}

export function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(BLOCK)].map(([, indent = '', info = '', body = '']) => ({ info, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }))
}

/** Also inside a list, where it is indented. */
const BLOCK = /^( *)```(.*)\n([\s\S]*?)^ *```$/gm

function withoutBlocks(text: string): string {
  return text.replace(BLOCK, '')
}

export function linksOf(text: string): Link[] {
  return [...withoutBlocks(text).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, name = '', target = '']) => ({ text: name, target }))
}

/** What the headings are called in links, as forges do: lower case, dashes for spaces, nothing else. */
export function anchorsOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'))
}
