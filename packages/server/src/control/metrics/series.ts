/**
 * The numbers of one subject, a host of an instance or a machine, over time.
 *
 * - They are kept as blocks of points in the server's state, one document for each subject,
 *   tier and span of time, so that what an instance takes is bounded and known.
 * - One server adds to a subject at a time; any may read it.
 * - Only the finest tier is written as things happen. The others are made from it when a block
 *   of it is full, and until then when they are asked for. Making them twice changes nothing,
 *   so a crash in between leaves nothing to repair.
 */
import { DateTime } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { State } from '../state.js'
import { type BlockStore, blockStore, type Span } from './block-store.js'
import { namesOf } from './names.js'
import { columnOf, copyPoints, noPoints, type Points } from './points.js'
import { rollUp } from './roll-up.js'
import { blocks, keyOf, type Subject, type SubjectRecord, subjects } from './tables.js'
import { blockMs, ceilTo, FINEST, floorTo, tiers } from './tiers.js'

/** What a subject's numbers were at a moment. */
export interface Sample {
  readonly atMs: number
  /** How long ago the rises began; 0 when there is nothing to compare with. */
  readonly elapsedMs: number
  readonly gauges: ReadonlyMap<string, number>
  /** By how much counters rose. */
  readonly rises: ReadonlyMap<string, number>
}

export interface Series extends Pick<SubjectRecord, 'id' | 'host' | 'service' | 'machine'> {
  /** Names of all numbers that were ever kept. */
  names(): string[]
  /** Takes a sample, in memory until `flush`. */
  add(sample: Sample): void
  /** Writes what was added of before a moment; what cannot be written is kept for the next time. */
  flush(beforeMs?: number): Promise<void>
  /** Makes the coarser tiers from all blocks that are full at a moment, and forgets what is too old. */
  complete(nowMs: number): Promise<void>
  /**
   * Points of a tier, the span widened to whole steps. What is not stored of a tier yet, the
   * step under way included, is made from the finer one.
   */
  read(level: number, span: Span, wanted?: (name: string) => boolean): Promise<Points>
}

const finest = tiers[FINEST]
/** Samples that wait for a state that cannot be written. */
const MOST_WAITING = finest.blockPoints

/** The numbers of a subject that has been met before; undefined otherwise. */
export async function openSeries(state: State, subject: Subject): Promise<Series | undefined> {
  const record = await state.find(subjects, { _id: keyOf(subject) })
  return record && seriesOf(state, record)
}

/** The numbers of a subject, whose record is made or brought up to date. */
export async function ensureSeries(
  state: State,
  about: Omit<SubjectRecord, 'names' | 'rolledUpMs'>,
  nowMs: number,
): Promise<Series> {
  const known = await state.find(subjects, { _id: keyOf(about) })
  const { service, machine } = about
  if (known?.service === service && known.machine === machine) return seriesOf(state, known)
  const rolledUpMs = tiers.slice(1).map(({ stepMs }) => floorTo(nowMs, stepMs))
  const record = { names: [], rolledUpMs, ...known, ...about }
  await state.save(subjects, record)
  return seriesOf(state, record)
}

/** Deletes all numbers of an instance, of all its hosts. */
export async function removeSeries(state: State, id: string): Promise<void> {
  // No host's name holds a character beyond this one.
  const own = { _id: { $gte: `${id}/`, $lt: `${id}/\uffff` } }
  await state.deleteAll(subjects, own)
  await state.deleteAll(blocks, own)
}

/** Reads a tier from what is stored of it and, where that ends, from the finer one. */
function tierReader(
  store: BlockStore,
  rolledUpMs: readonly number[],
  waiting: () => readonly Sample[],
): Series['read'] {
  return async function read(level, span, wanted) {
    const { stepMs } = tiers[level]
    const startMs = floorTo(span.startMs, stepMs)
    const endMs = Math.max(startMs, ceilTo(span.endMs, stepMs))
    if (level === FINEST) {
      const points = await store.read(level, { startMs, endMs }, wanted)
      if (waiting().length > 0) copyPoints(pointsOf(waiting(), wanted), points, true)
      return points
    }
    const points = noPoints(startMs, stepMs, (endMs - startMs) / stepMs)
    const storedMs = Math.min(endMs, Math.max(startMs, rolledUpMs[level - 1]))
    copyPoints(await store.read(level, { startMs, endMs: storedMs }, wanted), points, false)
    if (storedMs === endMs) return points
    const finer = await read(level - 1, { startMs: storedMs, endMs }, wanted)
    const rest = { startMs: storedMs, stepMs, count: (endMs - storedMs) / stepMs }
    copyPoints(rollUp(finer, rest), points, false)
    return points
  }
}

function seriesOf(state: State, record: SubjectRecord): Series {
  const { id, host, service, machine } = record
  const key = keyOf(record)
  const names = namesOf(record.names)
  const store = blockStore(state, key, names)
  const rolledUpMs = [...record.rolledUpMs]
  let waiting: Sample[] = []

  const readTier = tierReader(store, rolledUpMs, () => waiting)

  async function saveNames(): Promise<void> {
    // What the numbers in blocks stand for must not depend on who was quicker.
    const asRead = { _id: key, names: { $size: names.savedCount } }
    if (!(await state.updateIf(subjects, asRead, { $set: { names: names.all() } }))) {
      throw new AppError(
        'conflict',
        `somebody else keeps the metrics of ${key} or has removed them`,
      )
    }
    names.saved()
  }

  return {
    id,
    host,
    service,
    machine,
    names() {
      const fresh = waiting.flatMap(({ gauges, rises }) => [...gauges.keys(), ...rises.keys()])
      return [...new Set([...names.plain(), ...fresh])]
    },
    add(sample) {
      waiting.push(sample)
      if (waiting.length > MOST_WAITING) waiting.shift()
    },
    async flush(beforeMs = Number.POSITIVE_INFINITY) {
      const taken = waiting.filter(({ atMs }) => atMs < beforeMs)
      if (taken.length === 0) return
      await store.write(FINEST, pointsOf(taken), saveNames)
      waiting = waiting.filter((sample) => !taken.includes(sample))
    },
    async complete(nowMs) {
      let doneMs = floorTo(nowMs, blockMs(finest))
      if (rolledUpMs[0] >= doneMs) return
      for (let level = 1; level < tiers.length; level++) {
        const endMs = floorTo(doneMs, tiers[level].stepMs)
        // Nothing finer is older than this, however long nothing was made of it.
        const oldestMs = ceilTo(endMs - tiers[level - 1].keepMs, tiers[level].stepMs)
        const startMs = Math.max(rolledUpMs[level - 1], oldestMs)
        if (startMs < endMs) {
          await store.write(level, await readTier(level, { startMs, endMs }), saveNames)
          rolledUpMs[level - 1] = endMs
        }
        doneMs = rolledUpMs[level - 1]
      }
      const rolledUp = rolledUpMs.map((ms) => DateTime.fromMs(ms))
      await state.update(subjects, key, { $set: { rolledUp } })
      await store.forgetOld(nowMs)
    },
    read: readTier,
  }
}

/** Samples as points, from the first to the last of them. */
function pointsOf(samples: readonly Sample[], wanted?: (name: string) => boolean): Points {
  const { stepMs } = finest
  const slots = samples.map(({ atMs }) => floorTo(atMs, stepMs))
  const startMs = Math.min(...slots)
  const points = noPoints(startMs, stepMs, (Math.max(...slots) - startMs) / stepMs + 1)
  samples.forEach(({ elapsedMs, gauges, rises }, i) => {
    const at = (slots[i] - startMs) / stepMs
    points.samples[at]++
    points.elapsed[at] += elapsedMs
    const valuesOf = (name: string, counter: boolean) =>
      !wanted || wanted(name) ? columnOf(points, name, counter, true).values : undefined
    for (const [name, value] of gauges) {
      const values = valuesOf(name, false)
      if (values) values[at] = value
    }
    if (elapsedMs === 0) return
    for (const [name, rise] of rises) {
      const values = valuesOf(name, true)
      // Two samples within a step: both rises are of it.
      if (values) values[at] = Number.isNaN(values[at]) ? rise : values[at] + rise
    }
  })
  return points
}
