import { v1 } from '@gantry/api'
import { Double, decodeDocument, encodeDocument, RawValue, type Value } from '@gantry/bson'
import type { ProfilingChange, ProfilingLevel } from '../../control/profiles/profiles.js'
import { AppError } from '../../errors.js'
import { presentProfileEntry } from './profile-entry.js'
import { route } from './route.js'

export const profilerRoutes = [
  route(v1.getProfile, ({ control, instance, doc }) =>
    entries(control.profiles.find(instance, doc)),
  ),
  route(v1.getProfilingLevels, async ({ control, instance }) => {
    const { byDatabase, slowMs } = await control.profiles.levels(instance)
    return { [instance.id]: new Map<string, Value>([...byDatabase, ['slowms', slowMs]]) }
  }),
  route(v1.setProfilingLevel, async ({ control, instance, doc, noted }) => {
    const change = readChange(doc)
    const changed = new Map<string, Value>()
    for (const name of await control.profiles.setLevel(instance, change)) {
      changed.set(name, change.level)
    }
    if (change.slowMs !== undefined) changed.set('slowms', change.slowMs)
    Object.assign(noted, { database: change.db, level: change.level, slowMs: change.slowMs })
    return { [instance.id]: changed }
  }),
]

async function* entries(batches: AsyncIterable<readonly RawValue[]>) {
  for await (const batch of batches) {
    yield batch.map(({ buf, at }) => {
      const entry = presentProfileEntry(decodeDocument(buf, at))
      return RawValue.document(encodeDocument(entry))
    })
  }
}

const MOST_INT32 = 2 ** 31 - 1

function readChange(doc: RawValue): ProfilingChange {
  const fields = decodeDocument(doc.buf, doc.at)
  const level = wholeNumber(fields.get('level'))
  if (level === undefined || level > 2) throw new AppError('invalid', 'level must be 0, 1 or 2')
  const db = fields.get('db')
  if (db !== undefined && (typeof db !== 'string' || db === '')) {
    throw new AppError('invalid', 'db must be a non-empty string')
  }
  const slowMs = wholeNumber(fields.get('slowms'))
  if (fields.has('slowms') && slowMs === undefined) {
    throw new AppError('invalid', 'slowms must be a whole number from 0')
  }
  return { level: level as ProfilingLevel, db, slowMs }
}

/** A number from 0 of whichever type; undefined when it is none. */
function wholeNumber(value: Value | undefined): number | undefined {
  const number = value instanceof Double ? value.value : value
  const isWhole = typeof number === 'number' && Number.isInteger(number)
  return isWhole && number >= 0 && number <= MOST_INT32 ? number : undefined
}
