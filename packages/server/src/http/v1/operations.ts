import type { Doc, Value, Writable } from '@gantry/bson'

/**
 * An operation under way with the fields that every client may count on, `query` among them,
 * which servers now call `command`.
 */
export function presentOperation(operation: Doc): Writable {
  const lock = lockType(operation)
  const required: [string, Value][] = [
    ['opid', operation.get('opid') ?? 0],
    ['active', operation.get('active') === true],
    ['op', operation.get('op') ?? 'none'],
    ['ns', operation.get('ns') ?? ''],
    ['query', operation.get('query') ?? operation.get('command') ?? new Map()],
    ['client', operation.get('client') ?? ''],
    ['secs_running', operation.get('secs_running') ?? 0],
  ]
  return new Map([...required, ...operation, ...(lock ? [['lockType', lock] as const] : [])])
}

/** Undefined where the server does not say that the operation holds a lock. */
function lockType(operation: Doc): Value | undefined {
  const given = operation.get('lockType')
  if (given !== undefined) return given
  const locks = operation.get('locks')
  if (!(locks instanceof Map) || locks.size === 0) return undefined
  return [...locks.values()].some((mode) => mode === 'w' || mode === 'W') ? 'write' : 'read'
}
