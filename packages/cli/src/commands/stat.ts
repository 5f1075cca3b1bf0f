import type { Client } from '@gantry/client'
import { formatJson } from '@gantry/client'
import { type Invocation, UsageError } from '../command.js'
import { clientOf, findTarget, profileTarget, type Target } from '../target.js'
import { ratesBetween, readSample, type Sample } from '../watch/sample.js'
import { type StatEntry, statHeading, statLine, statRecord } from '../watch/stat-line.js'
import { createWatch, readPace, ticks, type Watch } from '../watch/watch.js'

/** Prints a line per instance and interval until it is interrupted, or `--count` is reached. */
export async function stat(call: Invocation): Promise<void> {
  const { intervalMs, count } = readPace(call)
  const targets = findTargets(call)
  const names = targets.map(({ name }) => name)
  const watches = targets.map(({ name, target }) => watchOf(name, target, intervalMs, names))
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
    for (const { client } of watches) client.close()
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

function findTargets(call: Invocation): { name: string; target: Target }[] {
  const profiles = call.all('PROFILE')
  if (new Set(profiles).size < profiles.length) throw new UsageError('a PROFILE is named twice')
  if (profiles.length === 0) return [{ name: '', target: findTarget(call) }]
  for (const option of ['profile', 'url', 'api-key', 'api-key-file', 'data-dir']) {
    if (call.has(option)) throw new UsageError(`--${option} does not go with a PROFILE`)
  }
  return profiles.map((name) => ({ name, target: profileTarget(name) }))
}

/** An answer that takes long must not keep the lines of the others. */
const LEAST_TIMEOUT_MS = 5_000

function watchOf(name: string, target: Target, intervalMs: number, names: readonly string[]) {
  const client = clientOf(target, Math.max(intervalMs, LEAST_TIMEOUT_MS))
  const prefix = names.length > 1 ? `gantry: ${name}: ` : 'gantry: '
  return createWatch(name, client, fetchSample, {
    mayBeAway: names.length > 1,
    say: (problem) => {
      const text = problem === undefined ? 'connected again' : `${problem}; trying again`
      process.stderr.write(`${prefix}${text}\n`)
    },
  })
}

async function fetchSample(client: Client, signal?: AbortSignal): Promise<Sample> {
  return readSample(await client.getServerStatus({}, { signal }), Date.now())
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
