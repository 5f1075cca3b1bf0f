/** `$top`, `$topN`, `$bottom`, `$bottomN`: values of the documents that come first or last in an order. */
import { Binary, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { namedArguments } from '../operators/arguments.js'
import { constant } from '../scope.js'
import { compileSortKey, parseSortPattern } from '../sort-pattern.js'
import { type AccumulatorParser, roughSize } from './accumulator.js'
import { groupN } from './firstN.js'

interface Entry {
  readonly key: Buffer
  readonly value: Value
}

/** Keeps the first or last entries of an order, in that order. */
function startRanking(n: number, fromEnd: boolean) {
  const entries: Entry[] = []
  return {
    entries,
    add(key: Buffer, value: () => Value | undefined): void {
      const full = entries.length === n
      if (full && !improves(key, fromEnd ? entries[0].key : entries[n - 1].key, fromEnd)) return
      const entry = { key: Buffer.from(key), value: value() ?? null }
      entries.splice(position(entries, key), 0, entry)
      if (!full) return
      if (fromEnd) entries.shift()
      else entries.pop()
    },
  }
}

function improves(key: Buffer, worst: Buffer, fromEnd: boolean): boolean {
  const order = Buffer.compare(key, worst)
  return fromEnd ? order >= 0 : order < 0
}

/** Behind the entries with the same key. */
function position(entries: readonly Entry[], key: Buffer): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(key, entries[middle].key) < 0) high = middle
    else low = middle + 1
  }
  return low
}

function ranking(fromEnd: boolean, single: boolean): AccumulatorParser {
  return (argument, scope, name) => {
    const missing = { ...(single ? {} : { n: 5788003 }), sortBy: 5788005, output: 5788004 }
    const known = single ? (['sortBy', 'output'] as const) : (['n', 'sortBy', 'output'] as const)
    const found = namedArguments<'n' | 'sortBy' | 'output'>(argument, name, known, {
      notDocument: 5788001,
      unknown: 5788002,
      missing,
      messages: {
        notDocument: `specification must be an object; found ${name}`,
        unknown: (field) => `Unknown argument to ${name} '${field}'`,
        missing: (field) => `Missing value for '${field}'`,
      },
    })
    const sortBy = found.sortBy as RawValue
    if (sortBy.type !== 0x03) throw new CommandError(5788604, `expected 'sortBy' to be an object`)
    const key = compileSortKey(parseSortPattern(sortBy))
    const output = scope.parse(found.output as RawValue, scope).evaluate
    const n = groupN(name, found.n ? scope.parse(found.n, scope) : constant(1), scope)
    return (groupKey) => {
      const ranked = startRanking(n(groupKey), fromEnd)
      return {
        accumulate: (context) => {
          ranked.add(key(context.buf, context.doc), () => output(context))
        },
        finish: () => {
          const values = ranked.entries.map((entry) => entry.value)
          return single ? (values[0] ?? null) : values
        },
        save: () => ranked.entries.flatMap((entry) => [new Binary(entry.key, 0), entry.value]),
        load(state) {
          const saved = state as Value[]
          for (let i = 0; i < saved.length; i += 2) {
            ranked.add(Buffer.from((saved[i] as Binary).bytes), () => saved[i + 1])
          }
        },
        memory: () =>
          ranked.entries.reduce((sum, { key, value }) => sum + key.length + roughSize(value), 0),
      }
    }
  }
}

export const top = ranking(false, true)
export const topN = ranking(false, false)
export const bottom = ranking(true, true)
export const bottomN = ranking(true, false)
