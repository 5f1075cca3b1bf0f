import type { JsonValue } from '@gantry/client'
import { printable } from '../output.js'
import { count, pad, percent } from './cells.js'
import { kinds, type Rates, type ReadersWriters, type Sample } from './sample.js'

/** What an instance did since the look before. */
export interface StatEntry {
  /** What the user calls it; empty when there is but one. */
  readonly name: string
  readonly sample: Sample
  readonly rates: Rates
}

/** An instance and an interval, for a terminal and for programs. */
export interface StatText {
  readonly heading: string
  readonly line: string
  readonly record: JsonValue
}

interface Column {
  readonly heading: string
  readonly width: number
  readonly text: (entry: StatEntry) => string
}

const columns: readonly Column[] = [
  ...kinds.map((kind) => ({
    heading: kind,
    width: 8,
    text: ({ rates }: StatEntry) => count(rates.operations[kind]),
  })),
  { heading: 'conn', width: 6, text: ({ sample }) => count(sample.connections) },
  { heading: 'qr|qw', width: 8, text: ({ sample }) => both(sample.queued) },
  { heading: 'ar|aw', width: 8, text: ({ sample }) => both(sample.active) },
  { heading: 'netIn', width: 8, text: ({ rates }) => count(rates.bytesIn) },
  { heading: 'netOut', width: 8, text: ({ rates }) => count(rates.bytesOut) },
  { heading: 'lock %', width: 7, text: ({ rates }) => percent(rates.lockPercent) },
]

const LONGEST_NAME = 24

/** The line above; with names when several instances are shown. */
export function statHeading(names: readonly string[]): string {
  const cells = columns.map(({ heading, width }) => pad(heading, width, 'left'))
  return `${nameCell('instance', names)}${cells.join('')}  time`
}

/** One instance in a line; the names are those of all that are shown. */
export function statLine(entry: StatEntry, names: readonly string[]): string {
  const cells = columns.map(({ width, text }) => ` ${pad(text(entry), width - 1, 'left')}`)
  const time = new Date(entry.sample.takenMs).toISOString().slice(11, 19)
  return `${nameCell(printable(entry.name), names)}${cells.join('')}  ${time}`
}

/** The same for programs; what is not known is left out. */
export function statRecord({ name, sample, rates }: StatEntry) {
  const round = (value: number | undefined) =>
    value === undefined ? undefined : Math.round(value * 100) / 100
  return {
    time: new Date(sample.takenMs).toISOString(),
    ...(name !== '' && { name }),
    instance: sample.instance,
    ...Object.fromEntries(kinds.map((kind) => [kind, round(rates.operations[kind])])),
    connections: sample.connections,
    queued: { ...sample.queued },
    active: { ...sample.active },
    bytesIn: round(rates.bytesIn),
    bytesOut: round(rates.bytesOut),
    lockPercent: round(rates.lockPercent),
  }
}

/** Nothing when there is but one name. */
export function nameCell(text: string, names: readonly string[]): string {
  if (names.length < 2) return ''
  const longest = Math.max('instance'.length, ...names.map(({ length }) => length))
  return pad(text, Math.min(longest, LONGEST_NAME))
}

function both({ readers, writers }: ReadersWriters): string {
  return `${count(readers)}|${count(writers)}`
}
