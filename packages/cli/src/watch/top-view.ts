import { printable } from '../output.js'
import { age, count, pad, percent, truncate } from './cells.js'
import { loadByCollection, type Operation, type SortColumn, sortOperations } from './operations.js'
import { kinds, type Rates, type Sample } from './sample.js'
import type { Line, Shown, Size } from './view.js'

/** One look at an instance. */
export interface Look {
  readonly sample: Sample
  /** Undefined for the first look. */
  readonly rates: Rates | undefined
  /** Undefined when the server does not tell. */
  readonly operations: readonly Operation[] | undefined
}

/** The whole view, as many lines as there is room for, none longer than the room. */
export function renderTop(look: Look, shown: Shown, { columns, rows }: Size): Line[] {
  const footer: Line[] = [{ text: keysText(shown), style: 'faint' }]
  const head = summary(look, shown)
  const room = Math.max(0, rows - head.length - footer.length)
  const body = look.operations ? bodyLines(look.operations, shown, room) : [NOT_TOLD]
  const above = [...head, ...body].slice(0, Math.max(0, rows - footer.length))
  const filling = Number.isFinite(rows) ? Math.max(0, rows - footer.length - above.length) : 0
  const all = [...above, ...new Array<Line>(filling).fill({ text: '' }), ...footer]
  return all.map(({ text, style }) => ({ text: cut(text, columns), style }))
}

/** The same without a screen: no keys, nothing cut. */
export function renderPlain(look: Look, shown: Shown): string {
  const body = look.operations ? bodyLines(look.operations, shown, Infinity) : [NOT_TOLD]
  const lines = [...summary(look, shown), ...body].map(({ text }) => text.trimEnd())
  return `${lines.join('\n').trimEnd()}\n`
}

const NOT_TOLD: Line = { text: 'The server does not tell its operations.', style: 'faint' }

function summary({ sample, rates, operations }: Look, { paused, problem }: Shown): Line[] {
  const { instance, zone, version, uptimeMs, queued, active } = sample
  const title = [instance, zone, version && `version ${version}`].filter(Boolean).join('  ')
  const time = new Date(sample.takenMs).toISOString().slice(11, 19)
  const up = uptimeMs === undefined ? '' : `  up ${age(uptimeMs)}`
  const ops = kinds.map((kind) => `${kind} ${count(rates?.operations[kind])}`).join('  ')
  const memory = [
    sample.residentMiB !== undefined && `resident ${count(sample.residentMiB)} MiB`,
    sample.virtualMiB !== undefined && `virtual ${count(sample.virtualMiB)} MiB`,
  ].filter(Boolean)
  const state = problem ? `  ${problem}; trying again` : paused ? '  paused' : ''
  return [
    {
      text: `${printable(title)}${up}  ${time}${state}`,
      style: problem ? 'alarm' : 'heading',
    },
    { text: `per second   ${ops}` },
    {
      text: `connections  ${count(sample.connections)} of ${count(total(sample))}   net in ${count(rates?.bytesIn)}B/s out ${count(rates?.bytesOut)}B/s`,
    },
    {
      text: `locks        ${percent(rates?.lockPercent)} %   waiting ${count(queued.readers)}|${count(queued.writers)}   active ${count(active.readers)}|${count(active.writers)}   (readers|writers)`,
    },
    { text: `memory       ${memory.join('  ') || '-'}` },
    { text: `operations   ${operations ? operations.length : '-'} under way` },
    { text: '' },
  ]
}

function total({ connections, connectionsLeft }: Sample): number | undefined {
  return connections === undefined || connectionsLeft === undefined
    ? undefined
    : connections + connectionsLeft
}

/** Collections take a third of the room at most. */
function bodyLines(
  operations: readonly Operation[],
  { sort, reversed }: Shown,
  room: number,
): Line[] {
  const loads = loadByCollection(operations)
  const width = Math.min(40, Math.max(12, ...loads.map(({ ns }) => ns.length + 1)))
  const forCollections = Math.max(1, Math.min(loads.length, Math.floor(room / 3)))
  const collections = loads
    .slice(0, forCollections)
    .map(({ ns, reads, writes, others, oldestMs }) => ({
      text: row(
        [ns || '-', width],
        [String(reads), -7],
        [String(writes), -7],
        [String(others), -7],
        [age(oldestMs), -8],
      ),
    }))
  const heading: Line = {
    text: row(['COLLECTION', width], ['READS', -7], ['WRITES', -7], ['OTHERS', -7], ['OLDEST', -8]),
    style: 'heading',
  }
  const above = [heading, ...collections, { text: '' }]
  const sorted = sortOperations(operations, sort, reversed)
  const lines = sorted.slice(0, Math.max(0, room - above.length - 1)).map(operationLine)
  const mark = (column: SortColumn, text: string) =>
    column === sort ? `${text}${reversed ? '^' : 'v'}` : text
  const names: Line = {
    text: `${row([mark('age', 'AGE'), -8], ['', 1], [mark('op', 'OP'), 9], [mark('ns', 'NAMESPACE'), 30], [mark('client', 'CLIENT'), 22], ['OPID', 12])}QUERY`,
    style: 'heading',
  }
  return [...above, names, ...lines]
}

function operationLine({ op, ns, ageMs, client, opid, query }: Operation): Line {
  return {
    text: `${row([age(ageMs), -8], ['', 1], [op, 9], [ns || '-', 30], [client || '-', 22], [opid || '-', 12])}${query}`,
  }
}

/** Cells with their widths; a negative one stands to the right. */
function row(...cells: readonly (readonly [text: string, width: number])[]): string {
  return cells
    .map(([text, width]) =>
      width < 0 ? pad(text, -width, 'left') : width === 1 ? ' ' : `${pad(text, width - 1)} `,
    )
    .join('')
}

function keysText({ paused, sort }: Shown): string {
  return `q quit   s sort (${sort})   r reverse   p ${paused ? 'go on' : 'pause'}`
}

function cut(text: string, columns: number): string {
  return Number.isFinite(columns) ? truncate(text, columns) : text
}
