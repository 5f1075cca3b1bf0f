/** Which versions of programs this server knows; all that tells them takes them from here. */

/** Of Gantry, and so of its agents. */
export const GANTRY_VERSION = '0.1.0'

/** Agents older than this are told to be deprecated. */
export const OLDEST_AGENT_VERSION = '0.1.0'

/** As clients of the Public API ask for them. */
export const softwareVersions = {
  automationVersion: GANTRY_VERSION,
  automationMinimumVersion: OLDEST_AGENT_VERSION,
  /** There is no BI connector here. */
  biConnectorVersion: '',
  biConnectorMinimumVersion: '',
  /** MongoDB's own tools, whose archives backups are. */
  mongoDbToolsVersion: '100.9.4',
} as const

/** Negative, zero or positive, as `a` is older than, as old as, or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map((part) => Number(part)))
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] || 0) - (right[i] || 0)
    if (difference !== 0) return difference
  }
  return 0
}
