/**
 * Asks everything that is to be watched how it is, again and again.
 *
 * - Each has its own moment within the interval, so that they do not all come at once.
 * - Nobody waits for another: one that does not answer is left out until it does.
 * - Time comes from outside, so that tests need not wait.
 */
import { createHash } from 'node:crypto'

/** Something to be watched. */
export interface Source {
  /** The same for as long as it is the same thing. */
  readonly id: string
  /** Asks it and keeps what it says; rejects when it does not answer. */
  sample(): Promise<void>
}

export interface SamplerOptions {
  readonly intervalMs: number
  /** What is to be watched now; cheap, as it is asked every second. */
  sources(): readonly Source[]
  /** Told of what was well before, and is not now. */
  failed(id: string, error: unknown): void
  now(): number
}

export interface Sampler {
  /** Looks which are due, and asks them; resolves when these have answered, or failed. */
  tick(): Promise<void>
  /** Resolves when all that are being asked have answered, or failed. */
  settled(): Promise<void>
}

/** What has not answered for so long is asked again. */
const PATIENCE_MS = 60_000
/** So many questions to one may be without an answer. */
const MOST_OPEN = 3
/** Nobody's moment is this near to the end of an interval, so that it still falls into it. */
const MARGIN_MS = 3_000

interface Watched {
  dueMs: number
  /** When the latest question was asked that has no answer yet. */
  askedMs: number | undefined
  open: number
  well: boolean
}

export function createSampler({ intervalMs, sources, failed, now }: SamplerOptions): Sampler {
  const watched = new Map<string, Watched>()
  const open = new Set<Promise<void>>()

  function ask(source: Source, state: Watched): Promise<void> {
    const askedMs = now()
    state.askedMs = askedMs
    state.open++
    const answered = attempt(source)
      .then(
        () => {
          state.well = true
        },
        (error: unknown) => {
          if (state.well) failed(source.id, error)
          state.well = false
        },
      )
      .finally(() => {
        state.open--
        if (state.askedMs === askedMs) state.askedMs = undefined
        open.delete(answered)
      })
    open.add(answered)
    return answered
  }

  return {
    async tick() {
      const nowMs = now()
      const asked: Promise<void>[] = []
      const all = sources()
      for (const source of all) {
        let state = watched.get(source.id)
        if (!state) {
          const dueMs = nextDue(source.id, nowMs, intervalMs)
          state = { dueMs, askedMs: undefined, open: 0, well: true }
          watched.set(source.id, state)
        }
        // A clock that was set back must not stop it.
        if (nowMs < state.dueMs && state.dueMs - nowMs <= intervalMs) continue
        state.dueMs = nextDue(source.id, nowMs, intervalMs)
        const waits = state.askedMs !== undefined && nowMs - state.askedMs < PATIENCE_MS
        if (!waits && state.open < MOST_OPEN) asked.push(ask(source, state))
      }
      forget(new Set(all.map(({ id }) => id)))
      await Promise.all(asked)
    },
    async settled() {
      await Promise.all(open)
    },
  }

  function forget(kept: ReadonlySet<string>): void {
    for (const id of watched.keys()) if (!kept.has(id)) watched.delete(id)
  }
}

async function attempt(source: Source): Promise<void> {
  await source.sample()
}

/** The next moment of its own that something has. */
function nextDue(id: string, nowMs: number, intervalMs: number): number {
  const room = Math.max(1, intervalMs - MARGIN_MS)
  const offset = createHash('sha256').update(id).digest().readUInt32BE(0) % room
  const moment = Math.floor(nowMs / intervalMs) * intervalMs + offset
  return moment > nowMs ? moment : moment + intervalMs
}
