import { Binary, DateTime } from '@gantry/bson'
import { bytesIn, type Table, textIn, textsIn, timeIn } from '../state.js'
import { tiers } from './tiers.js'

/** Numbers that are kept of one host of an instance, or of a machine. */
export interface Subject {
  /** Of the instance, or of the machine. */
  readonly id: string
  /** `host:port`; empty for a machine. */
  readonly host: string
}

/** What is known of a subject beside its numbers. */
export interface SubjectRecord extends Subject {
  readonly service: string
  /** The machine that the host is on, where that is known. */
  readonly machine: string
  /** Names by the number that stands for each in the blocks; those that count up after `+`. */
  readonly names: readonly string[]
  /** Until when each tier but the first has been made from the one before. */
  readonly rolledUpMs: readonly number[]
}

/** Points of one subject and tier that are stored together. */
export interface Block {
  readonly id: string
  readonly points: Buffer
}

/** What the ids of a subject's records begin with. Deleting by what an id begins with needs no index. */
export function keyOf({ id, host }: Subject): string {
  return `${id}/${host}/`
}

export const subjects: Table<SubjectRecord> = {
  collection: 'metricSubjects',
  write: ({ id, host, service, machine, names, rolledUpMs }) => ({
    _id: keyOf({ id, host }),
    id,
    host,
    service,
    machine,
    names,
    rolledUp: rolledUpMs.map((ms) => DateTime.fromMs(ms)),
  }),
  read: (doc) => ({
    id: textIn(doc, 'id'),
    host: textIn(doc, 'host'),
    service: textIn(doc, 'service'),
    machine: textIn(doc, 'machine'),
    names: textsIn(doc, 'names'),
    rolledUpMs: timesIn(doc.get('rolledUp')),
  }),
}

export const blocks: Table<Block> = {
  collection: 'metricBlocks',
  write: ({ id, points }) => ({ _id: id, points: new Binary(points) }),
  read: (doc) => ({ id: textIn(doc, '_id'), points: bytesIn(doc, 'points') }),
}

function timesIn(value: unknown): number[] {
  if (!Array.isArray(value) || value.length !== tiers.length - 1) {
    throw new TypeError('state: rolledUp is not a list of times')
  }
  return value.map((time) => timeIn(new Map([['time', time]]), 'time'))
}
