import { formatJson } from '@gantry/client'
import type { Invocation } from '../command.js'
import { findSources, type NamedSource } from '../watch/find-sources.js'
import { ratesBetween, readSample, type Sample } from '../watch/sample.js'
import type { Source } from '../watch/source.js'
import { type StatEntry, statHeading, statLine, statRecord } from '../watch/stat-line.js'
import { createWatch, readPace, ticks, type Watch } from '../watch/watch.js'

/** Prints a line per instance and interval until it is interrupted, or `--count` is reached. */
export async function stat(call: Invocation): Promise<void> {
  const { intervalMs, count } = readPace(call)
  const timeoutMs = Math.max(intervalMs, LEAST_TIMEOUT_MS)
  const sources = await findSources(call, timeoutMs, call.all('PROFILE'))
  const names = sources.map(({ name }) => name)
  const watches = sources.map((each) => watchOf(each, names))
  const before = new Map<string, Sample>()
  const write = call.has('json') ? writeRecords : lineWriter(names)
  let rounds = 0
  try {
    for await (const _ of ticks(intervalMs)) {
      const entries = (await Promise.all(watches.map((watch) => next(watch, before)))).flat()
      if (entries.length === 0) continue
      write(entries)
      if (++rounds >= count) return
    }
  } finally {
    for (const { source } of watches) source.close()
  }
}

/** Nothing for a first look, and for one without an answer. */
async function next(watch: Watch<Sample>, before: Map<string, Sample>): Promise<StatEntry[]> {
  const sample = await watch.look()
  const last = before.get(watch.name)
  if (!sample) return []
  before.set(watch.name, sample)
  return last ? [{ name: watch.name, sample, rates: ratesBetween(last, sample) }] : []
}

/** An answer that takes long must not keep the lines of the others. */
const LEAST_TIMEOUT_MS = 5_000

function watchOf({ name, source }: NamedSource, names: readonly string[]) {
  const prefix = names.length > 1 ? `gantry: ${name}: ` : 'gantry: '
  return createWatch(name, source, fetchSample, {
    mayBeAway: names.length > 1,
    say: (problem) => {
      const text = problem === undefined ? 'connected again' : `${problem}; trying again`
      process.stderr.write(`${prefix}${text}\n`)
    },
  })
}

async function fetchSample(source: Source, signal?: AbortSignal): Promise<Sample> {
  return readSample(await source.status(signal), Date.now())
}

function writeRecords(entries: readonly StatEntry[]): void {
  for (const entry of entries) process.stdout.write(`${formatJson(statRecord(entry))}\n`)
}

/** The heading comes again when it has left the screen; without one it stands at the top only. */
function lineWriter(names: readonly string[]): (entries: readonly StatEntry[]) => void {
  let lines = 0
  return (entries) => {
    const { isTTY, rows } = process.stdout
    const room = isTTY ? Math.max(2, rows - 1) : Infinity
    if (lines === 0 || lines + entries.length > room) {
      process.stdout.write(`${statHeading(names)}\n`)
      lines = 1
    }
    for (const entry of entries) process.stdout.write(`${statLine(entry, names)}\n`)
    lines += entries.length
  }
}
