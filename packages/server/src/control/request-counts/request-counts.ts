/** How many requests the accounts make, for the limit on them. */
export interface RequestCounts {
  /** Counts a request within a second (since 1970) and says the how many-th of it that was. */
  count(account: string, second: number): Promise<number> | number
}

/** Counts of this server alone, in memory. */
export function localRequestCounts(): RequestCounts {
  let current = 0
  const counts = new Map<string, number>()
  return {
    count(account, second) {
      if (second !== current) counts.clear()
      current = second
      const count = (counts.get(account) ?? 0) + 1
      counts.set(account, count)
      return count
    },
  }
}
