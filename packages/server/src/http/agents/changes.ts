import type { Control } from '../../control/control.js'

/** Tells those who wait when something about their project may have changed. */
export interface Changes {
  /** Resolves at the next change, after a while, or when the signal is aborted. */
  next(project: string, waitMs: number, signal: AbortSignal): Promise<void>
  /** Makes all go on. */
  wakeAll(): void
}

export function changesIn({ automation, agentKeys }: Control): Changes {
  const waiting = new Map<string, Set<() => void>>()
  const wake = (project: string) => {
    for (const go of [...(waiting.get(project) ?? [])]) go()
  }
  const wakeAll = () => {
    for (const project of [...waiting.keys()]) wake(project)
  }
  automation.watch(wake)
  // Whoever's key has been deleted meanwhile does not wait any longer.
  agentKeys.watch(wakeAll)
  return {
    wakeAll,
    next(project, waitMs, signal) {
      return new Promise((resolve) => {
        const those = waiting.get(project) ?? new Set()
        waiting.set(project, those)
        const go = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', go)
          those.delete(go)
          if (those.size === 0 && waiting.get(project) === those) waiting.delete(project)
          resolve()
        }
        const timer = setTimeout(go, waitMs)
        signal.addEventListener('abort', go)
        those.add(go)
        if (signal.aborted) go()
      })
    },
  }
}
