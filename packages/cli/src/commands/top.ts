import { formatJson } from '@gantry/client'
import { type Invocation, UsageError } from '../command.js'
import { readEnvironment } from '../environment.js'
import { findSources } from '../watch/find-sources.js'
import { hostsView } from '../watch/hosts-view.js'
import { mongodbView } from '../watch/mongodb-view.js'
import { readOperations, type SortColumn, sortColumns } from '../watch/operations.js'
import { ratesBetween, readSample } from '../watch/sample.js'
import { openScreen } from '../watch/screen.js'
import type { MongodbSource, Source } from '../watch/source.js'
import type { Look } from '../watch/top-view.js'
import type { Shown, View } from '../watch/view.js'
import { createWatch, type Pace, readPace, ticks } from '../watch/watch.js'

/** Without an answer for so long, the connection counts as lost. */
const TIMEOUT_MS = 5_000

/** Shows an instance live; a look after the other in plain text when there is no terminal. */
export async function top(call: Invocation): Promise<void> {
  const pace = readPace(call)
  const sort = (call.option('sort') ?? 'age') as SortColumn
  const [found, ...more] = await findSources(call, Math.max(pace.intervalMs, TIMEOUT_MS))
  if (more.length > 0) {
    const names = [found, ...more].map(({ name }) => name).join(', ')
    throw new UsageError(`one instance has room on the screen; --instances names one of ${names}`)
  }
  const { source } = found
  const { stdin, stdout } = process
  const isScreen =
    stdin.isTTY && stdout.isTTY && !call.has('json') && readEnvironment().term !== 'dumb'
  try {
    if (isScreen) await showLive(source, pace, sort)
    else await printLooks(source, pace, sort, call.has('json'))
  } finally {
    source.close()
  }
}

async function showLive(source: Source, { intervalMs, count }: Pace, sort: SortColumn) {
  const ending = new AbortController()
  let shown: Shown = { sort, reversed: false, paused: false, problem: undefined }
  let look: View | undefined
  const watch = lookAt(source, (problem) => {
    shown = { ...shown, problem }
  })
  // The first answer comes before the screen, so that a failure is a line where it can be read.
  const first = await watch()
  const screen = openScreen({
    colors: !readEnvironment().noColor,
    onEnd: () => ending.abort(),
    onRedraw: () => draw(),
    onKey: (key) => {
      if (key === 'q' || key === 'escape') ending.abort()
      shown = afterKey(shown, key)
      draw()
    },
  })
  const draw = () => {
    if (look) screen.draw(look.render(shown, screen.size()))
  }
  let shownLooks = 0
  try {
    for await (const _ of ticks(intervalMs, ending.signal)) {
      if (shown.paused) continue
      const next = shownLooks === 0 ? first : await watch(ending.signal)
      if (ending.signal.aborted) return
      // What was being asked for when the key was pressed is not shown any more.
      if (next && !shown.paused) look = next
      draw()
      if (next && ++shownLooks > count) return
    }
  } finally {
    screen.close()
  }
}

function afterKey(shown: Shown, key: string): Shown {
  switch (key) {
    case 's': {
      const next = (sortColumns.indexOf(shown.sort) + 1) % sortColumns.length
      return { ...shown, sort: sortColumns[next], reversed: false }
    }
    case 'r':
      return { ...shown, reversed: !shown.reversed }
    case 'p':
    case 'space':
      return { ...shown, paused: !shown.paused }
    default:
      return shown
  }
}

async function printLooks(
  source: Source,
  { intervalMs, count }: Pace,
  sort: SortColumn,
  asJson: boolean,
) {
  const shown: Shown = { sort, reversed: false, paused: false, problem: undefined }
  const watch = lookAt(source, (problem) => {
    process.stderr.write(
      `gantry: ${problem === undefined ? 'connected again' : `${problem}; trying again`}\n`,
    )
  })
  let shownLooks = 0
  for await (const _ of ticks(intervalMs)) {
    const look = await watch()
    // The first only says what the rates of the next are counted from.
    if (!look?.hasRates) continue
    if (shownLooks > 0 && !asJson) process.stdout.write('\n')
    process.stdout.write(asJson ? `${formatJson(look.record(sort))}\n` : look.plain(shown))
    if (++shownLooks >= count) return
  }
}

/** Each call is the next look; the rates are those since the last that was answered. */
type Looks = (signal?: AbortSignal) => Promise<View | undefined>

function lookAt(source: Source, say: (problem: string | undefined) => void): Looks {
  if (source.service === 'mongodb') {
    return looks(
      (signal) => fetchLook(source, signal),
      (before, found) =>
        mongodbView({ ...found, rates: before && ratesBetween(before.sample, found.sample) }),
      say,
    )
  }
  const { service } = source
  return looks(
    (signal) => source.sample(signal),
    (before, sample) => hostsView({ name: '', service, sample, before }),
    say,
  )
}

function looks<T>(
  fetch: (signal?: AbortSignal) => Promise<T>,
  view: (before: T | undefined, found: T) => View,
  say: (problem: string | undefined) => void,
): Looks {
  let before: T | undefined
  const watch = createWatch(fetch, { say, mayBeAway: false })
  return async (signal) => {
    const found = await watch.look(signal)
    if (found === undefined) return undefined
    const shown = view(before, found)
    before = found
    return shown
  }
}

async function fetchLook(
  source: MongodbSource,
  signal?: AbortSignal,
): Promise<Omit<Look, 'rates'>> {
  const [status, inprog] = await Promise.all([source.status(signal), source.operations(signal)])
  return { sample: readSample(status, Date.now()), operations: inprog && readOperations(inprog) }
}
