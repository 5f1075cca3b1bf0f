/** What stands before the names of statistics, and is no part of them. */
export const STAT_PREFIX = 'mongodb.'

const ofServer = [
  'connections.current',
  ...['readers', 'total', 'writers'].map((name) => `globalLock.currentQueue.${name}`),
  ...['mapped', 'resident', 'virtual'].map((name) => `mem.${name}`),
  ...['command', 'delete', 'getmore', 'insert', 'query', 'update'].map(
    (name) => `opcounters.${name}`,
  ),
]

const ofDatabase = [
  'collections',
  'dataSize',
  'indexSize',
  'indexes',
  'numExtents',
  'objects',
  'storageSize',
  'timeAcquiringMicros.r',
  'timeAcquiringMicros.w',
  'timeLockedMicros.r',
  'timeLockedMicros.w',
]

/** The names of all statistics that there are of an instance with these databases, sorted. */
export function statNames(databases: readonly string[]): string[] {
  const perDatabase = databases.flatMap((db) => ofDatabase.map((name) => `${db}.${name}`))
  return [...ofServer, ...perDatabase].sort()
}

/** A name as the samples of an instance have it: what is a database's is below `db/`. */
export function sampledName(name: string): string {
  const field = ofDatabase.find((each) => name.endsWith(`.${each}`))
  if (ofServer.includes(name) || field === undefined) return name
  return `db/${name.slice(0, -field.length - 1)}/${field}`
}
