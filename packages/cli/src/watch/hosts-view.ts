import { printable } from '../output.js'
import { pad, truncate } from './cells.js'
import { readingOf } from './hosts.js'
import { cellsOf, type HostsEntry, hostsRecord, measuresOf, wholeReading } from './hosts-line.js'
import { understood } from './measures.js'
import type { Line, Shown, Size, View } from './view.js'

/** An instance by its hosts: all of it in one line, and each host in one. */
export function hostsView(entry: HostsEntry): View {
  return {
    hasRates: entry.before !== undefined,
    render: (shown, size) => render(entry, shown, size),
    plain: (shown) => `${lines(entry, shown).map(toText).join('\n')}\n`,
    record: () => ({
      ...hostsRecord(entry),
      hosts: readings(entry).map(({ host, reading }) => ({
        host,
        ...measuresOf(entry.service, reading),
      })),
    }),
  }
}

function render(entry: HostsEntry, shown: Shown, { columns, rows }: Size): Line[] {
  const above = lines(entry, shown).slice(0, Math.max(0, rows - 1))
  const filling = new Array<Line>(Math.max(0, rows - 1 - above.length)).fill({ text: '' })
  const keys = `q quit   p ${shown.paused ? 'go on' : 'pause'}`
  return [...above, ...filling, { text: keys, style: 'faint' as const }].map((line) => ({
    ...line,
    text: truncate(line.text, columns),
  }))
}

const LONGEST_HOST = 40

function lines(entry: HostsEntry, { paused, problem }: Shown): Line[] {
  const { service, sample } = entry
  const title = [sample.instance, service, sample.version && `version ${sample.version}`]
  const time = new Date(sample.takenMs).toISOString().slice(11, 19)
  const state = problem ? `  ${problem}; trying again` : paused ? '  paused' : ''
  const hosts = readings(entry).map(({ host, reading }) => ({ host: printable(host), reading }))
  const longest = Math.max('HOST'.length, ...hosts.map(({ host }) => host.length))
  const width = Math.min(longest, LONGEST_HOST)
  const headings = understood[service].measures.map((measure) =>
    pad(measure.heading, measure.width, 'left'),
  )
  return [
    {
      text: `${printable(title.filter(Boolean).join('  '))}  ${time}${state}`,
      style: problem ? 'alarm' : 'heading',
    },
    { text: '' },
    { text: pad('HOST', width) + headings.join(''), style: 'heading' },
    { text: pad('all', width) + cellsOf(service, wholeReading(entry)) },
    ...hosts.map(({ host, reading }) => ({ text: pad(host, width) + cellsOf(service, reading) })),
  ]
}

function readings({ sample, before }: HostsEntry) {
  return sample.hosts.map((each) => ({
    host: each.host,
    reading: readingOf([each], sample, before),
  }))
}

function toText({ text }: Line): string {
  return text.trimEnd()
}
