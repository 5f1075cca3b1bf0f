let end: Promise<void> | undefined

/**
 * Resolves when this turn of the event loop is over, for all who wait in it together. Answers
 * that leave one behind the other wake a client once: waking it for each costs more than
 * all else that a small request needs.
 */
export function turnEnd(): Promise<void> {
  end ??= new Promise((resolve) => {
    setImmediate(() => {
      end = undefined
      resolve()
    })
  })
  return end
}
