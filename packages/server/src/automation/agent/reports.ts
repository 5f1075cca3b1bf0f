import type { ProcessStatus } from '../goal.js'
import { createBell } from './bell.js'
import type { GoalFeed } from './feed.js'

export interface Reports {
  /** Something has changed in a project: it is told soon, once for all that changes until then. */
  say(project: string): void
  /** Tells what has not been told, once, and ends. */
  close(): Promise<void>
}

export interface ReportOptions {
  readonly feed: GoalFeed
  readonly statuses: (project: string) => readonly ProcessStatus[]
  readonly warn: (message: string) => void
}

const RETRY_MS = 5_000

/** Tells the feed of statuses, one report after the other; what cannot be told is told later. */
export function openReports({ feed, statuses, warn }: ReportOptions): Reports {
  const untold = new Set<string>()
  const bell = createBell()
  let isClosed = false
  let failed = false

  async function tell(): Promise<boolean> {
    for (const project of [...untold]) {
      untold.delete(project)
      try {
        await feed.report(project, statuses(project))
        failed = false
      } catch (error) {
        untold.add(project)
        if (!failed) warn(`statuses cannot be reported: ${(error as Error).message}`)
        failed = true
        return false
      }
    }
    return true
  }

  async function work(): Promise<void> {
    while (!isClosed) {
      const isTold = await tell()
      if (!isClosed && untold.size === 0) await bell.wait()
      else if (!isTold && !isClosed) await bell.wait(RETRY_MS)
    }
    await tell()
  }
  const working = work()

  return {
    say(project) {
      untold.add(project)
      bell.ring()
    },
    async close() {
      isClosed = true
      bell.ring()
      await working
    },
  }
}
