/** How MongoDB's counters file a command. */
export interface OperationKind {
  /** What it is called among current operations and in the profile. */
  readonly op: 'insert' | 'query' | 'update' | 'remove' | 'getmore' | 'command'
  /** Which of `opcounters` counts it. */
  readonly counter: 'insert' | 'query' | 'update' | 'delete' | 'getmore' | 'command'
  readonly latency: 'reads' | 'writes' | 'commands'
  /** Under which heading `top` counts it. */
  readonly top: 'queries' | 'getmore' | 'insert' | 'update' | 'remove' | 'commands'
  /** Its argument that holds the statements, which `opcounters` counts one by one. */
  readonly statements?: 'documents' | 'updates' | 'deletes'
}

const otherCommand: OperationKind = {
  op: 'command',
  counter: 'command',
  latency: 'commands',
  top: 'commands',
}

const kinds: Readonly<Record<string, OperationKind>> = {
  aggregate: { ...otherCommand, counter: 'query', latency: 'reads' },
  count: { ...otherCommand, latency: 'reads' },
  delete: {
    op: 'remove',
    counter: 'delete',
    latency: 'writes',
    top: 'remove',
    statements: 'deletes',
  },
  distinct: { ...otherCommand, latency: 'reads' },
  find: { op: 'query', counter: 'query', latency: 'reads', top: 'queries' },
  findAndModify: { ...otherCommand, latency: 'writes' },
  getMore: { op: 'getmore', counter: 'getmore', latency: 'reads', top: 'getmore' },
  insert: {
    op: 'insert',
    counter: 'insert',
    latency: 'writes',
    top: 'insert',
    statements: 'documents',
  },
  update: {
    op: 'update',
    counter: 'update',
    latency: 'writes',
    top: 'update',
    statements: 'updates',
  },
}

/** The kind of a command by its name, aliases excepted. */
export function kindOf(command: string): OperationKind {
  return Object.hasOwn(kinds, command) ? kinds[command] : otherCommand
}
