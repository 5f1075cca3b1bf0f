import { setTimeout as wait } from 'node:timers/promises'
import { ApiError, ConnectionError, ReplyError } from '@gantry/client'
import { type Invocation, UsageError } from '../command.js'
import { printable } from '../output.js'

/** How often to look, and how many times. */
export interface Pace {
  readonly intervalMs: number
  /** Infinite unless one is given. */
  readonly count: number
}

const LONGEST_INTERVAL_S = 86_400

/** Reads `--interval` and `--count`. */
export function readPace(call: Invocation): Pace {
  const seconds = Number(call.option('interval') ?? 1)
  if (!(seconds >= 0.1 && seconds <= LONGEST_INTERVAL_S)) {
    throw new UsageError(`--interval is a number of seconds from 0.1 to ${LONGEST_INTERVAL_S}`)
  }
  const given = call.option('count')
  if (given !== undefined && !/^[1-9]\d{0,8}$/.test(given)) {
    throw new UsageError('--count is a whole number from 1')
  }
  return { intervalMs: seconds * 1000, count: given === undefined ? Infinity : Number(given) }
}

/** Yields at once and then at every interval; a look that took longer leaves some out. */
export async function* ticks(intervalMs: number, signal?: AbortSignal): AsyncGenerator<void> {
  const start = performance.now()
  for (;;) {
    yield
    const passed = performance.now() - start
    const next = (Math.floor(passed / intervalMs) + 1) * intervalMs
    try {
      await wait(next - passed, undefined, { signal })
    } catch {
      return
    }
  }
}

/** Looks at an instance again and again, whatever happens to the connection. */
export interface Watch<T> {
  /** Undefined when there was no answer this time. */
  look(signal?: AbortSignal): Promise<T | undefined>
}

/**
 * A failure is told once, and its end too. It is thrown when trying again is of no use: the
 * key or token is wrong, the server does not have the call or has never answered (unless others may).
 */
export function createWatch<T>(
  fetch: (signal?: AbortSignal) => Promise<T>,
  { say, mayBeAway }: { say: (message: string | undefined) => void; mayBeAway: boolean },
): Watch<T> {
  let hasAnswered = false
  let problem: string | undefined
  return {
    async look(signal) {
      try {
        const result = await fetch(signal)
        if (problem !== undefined) say(undefined)
        problem = undefined
        hasAnswered = true
        return result
      } catch (error) {
        if (signal?.aborted) return undefined
        if (isFinal(error) || !(hasAnswered || mayBeAway)) throw error
        const message = printable((error as Error).message)
        if (message !== problem) say(message)
        problem = message
        return undefined
      }
    },
  }
}

/** A `rc` of 1 may pass: an instance that is failing answers so, too. */
function isFinal(error: unknown): boolean {
  if (error instanceof ApiError) {
    return error.kind === 'unauthenticated' || error.kind === 'not_found'
  }
  return !(error instanceof ConnectionError || error instanceof ReplyError)
}
