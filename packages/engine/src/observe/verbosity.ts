/** How much is said of what, as the parameters `logLevel` and `logComponentVerbosity` set it. */
export interface Verbosity {
  /** From 0 to 5. */
  level: number
  /** Levels by component, sub-components as `network.asio`; -1 takes that of the whole. */
  readonly components: Map<string, number>
  /** The level that a component has in effect. */
  of(component: string): number
}

/** The components that can be set by themselves. */
export const logComponents = [
  'accessControl',
  'command',
  'control',
  'index',
  'network',
  'network.asio',
  'network.connectionPool',
  'query',
  'replication',
  'replication.election',
  'replication.heartbeats',
  'replication.initialSync',
  'replication.rollback',
  'sharding',
  'storage',
  'storage.journal',
  'storage.recovery',
  'transaction',
  'write',
] as const

export function createVerbosity(): Verbosity {
  const verbosity: Verbosity = {
    level: 0,
    components: new Map(logComponents.map((name) => [name, -1])),
    of(component) {
      const own = verbosity.components.get(component) ?? -1
      if (own !== -1) return own
      const dot = component.lastIndexOf('.')
      return dot === -1 ? verbosity.level : verbosity.of(component.slice(0, dot))
    },
  }
  return verbosity
}
