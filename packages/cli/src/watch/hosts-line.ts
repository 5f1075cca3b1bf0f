import { printable } from '../output.js'
import { pad } from './cells.js'
import { type HostsSample, type Reading, readingOf } from './hosts.js'
import { type HostsService, understood } from './measures.js'
import { nameCell, type StatText } from './stat-line.js'

/** What an instance did since the look before, and which service it is of. */
export interface HostsEntry {
  /** What the user calls it; empty when there is but one. */
  readonly name: string
  readonly service: HostsService
  readonly sample: HostsSample
  /** Undefined for a first look. */
  readonly before: HostsSample | undefined
}

/** One instance in a line; the names are those of all that are shown. */
export function hostsStat(entry: HostsEntry, names: readonly string[]): StatText {
  const { measures } = understood[entry.service]
  const headings = measures.map(({ heading, width }) => pad(heading, width, 'left'))
  const time = new Date(entry.sample.takenMs).toISOString().slice(11, 19)
  return {
    heading: `${nameCell('instance', names)}${headings.join('')}  time`,
    line: `${nameCell(printable(entry.name), names)}${cellsOf(entry.service, wholeReading(entry))}  ${time}`,
    record: hostsRecord(entry),
  }
}

/** The measures of some hosts, each as wide as its column. */
export function cellsOf(service: HostsService, reading: Reading): string {
  return understood[service].measures
    .map(({ width, read, text }) => ` ${pad(text(read(reading)), width - 1, 'left')}`)
    .join('')
}

/** The same for programs; what is not known is left out. */
export function hostsRecord(entry: HostsEntry) {
  const { name, service, sample } = entry
  return {
    time: new Date(sample.takenMs).toISOString(),
    ...(name !== '' && { name }),
    instance: sample.instance,
    service,
    ...measuresOf(service, wholeReading(entry)),
  }
}

/** By name, with two decimals. */
export function measuresOf(service: HostsService, reading: Reading) {
  return Object.fromEntries(
    understood[service].measures.map(({ name, read }) => {
      const value = read(reading)
      return [name, typeof value === 'number' ? Math.round(value * 100) / 100 : value]
    }),
  )
}

/** Of the whole instance. */
export function wholeReading({ service, sample, before }: HostsEntry): Reading {
  return readingOf(understood[service].counted(sample.hosts), sample, before)
}
