import { formatJson } from '@gantry/client'
import type { Invocation } from '../command.js'
import { findSources, type NamedSource } from '../watch/find-sources.js'
import { hostsStat } from '../watch/hosts-line.js'
import { ratesBetween, readSample } from '../watch/sample.js'
import { type StatText, statHeading, statLine, statRecord } from '../watch/stat-line.js'
import { createWatch, readPace, ticks, type Watch } from '../watch/watch.js'

/** Prints a line per instance and interval until it is interrupted, or `--count` is reached. */
export async function stat(call: Invocation): Promise<void> {
  const { intervalMs, count } = readPace(call)
  const timeoutMs = Math.max(intervalMs, LEAST_TIMEOUT_MS)
  const sources = await findSources(call, timeoutMs, call.all('PROFILE'))
  const names = sources.map(({ name }) => name)
  const tellers = sources.map((each) => tellerOf(each, names))
  const write = call.has('json') ? writeRecords : lineWriter()
  let rounds = 0
  try {
    for await (const _ of ticks(intervalMs)) {
      const told = (await Promise.all(tellers.map((tell) => tell()))).flat()
      if (told.length === 0) continue
      write(told)
      if (++rounds >= count) return
    }
  } finally {
    for (const { source } of sources) source.close()
  }
}

/** Each call is the next look, of which there may be nothing to tell. */
type Teller = () => Promise<StatText[]>

function tellerOf({ name, source }: NamedSource, names: readonly string[]): Teller {
  if (source.service === 'mongodb') {
    const watch = watchOf(name, names, async (signal) =>
      readSample(await source.status(signal), Date.now()),
    )
    return fromTwo(watch, (last, sample) => {
      const entry = { name, sample, rates: ratesBetween(last, sample) }
      return {
        heading: statHeading(names),
        line: statLine(entry, names),
        record: statRecord(entry),
      }
    })
  }
  const { service } = source
  const watch = watchOf(name, names, (signal) => source.sample(signal))
  return fromTwo(watch, (before, sample) => hostsStat({ name, service, sample, before }, names))
}

/** Nothing for a first look, and for one without an answer. */
function fromTwo<T>(watch: Watch<T>, tell: (before: T, after: T) => StatText): Teller {
  let before: T | undefined
  return async () => {
    const sample = await watch.look()
    const last = before
    if (sample === undefined) return []
    before = sample
    return last === undefined ? [] : [tell(last, sample)]
  }
}

/** An answer that takes long must not keep the lines of the others. */
const LEAST_TIMEOUT_MS = 5_000

function watchOf<T>(
  name: string,
  names: readonly string[],
  fetch: (signal?: AbortSignal) => Promise<T>,
): Watch<T> {
  const prefix = names.length > 1 ? `gantry: ${name}: ` : 'gantry: '
  return createWatch(fetch, {
    mayBeAway: names.length > 1,
    say: (problem) => {
      const text = problem === undefined ? 'connected again' : `${problem}; trying again`
      process.stderr.write(`${prefix}${text}\n`)
    },
  })
}

function writeRecords(told: readonly StatText[]): void {
  for (const { record } of told) process.stdout.write(`${formatJson(record)}\n`)
}

/**
 * The heading comes again when it has left the screen, and when a line of another service
 * follows; without a screen it stands at the top only, where all are of one service.
 */
function lineWriter(): (told: readonly StatText[]) => void {
  let lines = 0
  let above: string | undefined
  return (told) => {
    const { isTTY, rows } = process.stdout
    const room = isTTY ? Math.max(2, rows - 1) : Infinity
    if (lines + told.length > room) above = undefined
    for (const { heading, line } of told) {
      if (heading !== above) {
        process.stdout.write(`${heading}\n`)
        lines = above === undefined ? 1 : lines + 1
        above = heading
      }
      process.stdout.write(`${line}\n`)
      lines++
    }
  }
}
