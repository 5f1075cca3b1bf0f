/** Keeps writers out while somebody copies the files. Locks are counted: the last one to go lets writers in again. */
export interface WriteLock {
  readonly count: number
  /** Answers how many locks there are now. */
  lock(): number
  /** Answers how many are left; there must be one. */
  unlock(): number
  /** Removes all locks. */
  unlockAll(): void
  /** Resolves when there is no lock; undefined when there is none. */
  open(): Promise<void> | undefined
}

export function createWriteLock(): WriteLock {
  let count = 0
  let opened: Promise<void> | undefined
  let letIn: () => void = () => {}

  function release(left: number): number {
    count = left
    if (count > 0) return count
    opened = undefined
    letIn()
    return count
  }

  return {
    get count() {
      return count
    },
    lock() {
      opened ??= new Promise((resolve) => {
        letIn = resolve
      })
      return ++count
    },
    unlock: () => release(count - 1),
    unlockAll() {
      release(0)
    },
    open: () => opened,
  }
}
