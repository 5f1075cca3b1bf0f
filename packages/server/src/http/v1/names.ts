import { AppError } from '../../errors.js'

const MAX_DATABASE_BYTES = 63
/** The service's own databases, which the data API neither shows nor changes. */
const hidden = new Set(['admin', 'local', 'config'])

/** Throws AppError unless the name is one that a database of the data API may have. */
export function checkDatabaseName(name: string): void {
  const valid =
    name !== '' &&
    !/[/\\."$*<>:|? \0]/.test(name) &&
    Buffer.byteLength(name) <= MAX_DATABASE_BYTES &&
    !hidden.has(name)
  if (!valid) throw new AppError('invalid', 'invalid database name')
}

/** Throws AppError unless the name is one that a collection may have; those of the system can only be read. */
export function checkCollectionName(name: string, access: 'read' | 'write'): void {
  const valid =
    name !== '' && !/[$\0]/.test(name) && !(access === 'write' && name.startsWith('system.'))
  if (!valid) throw new AppError('invalid', 'invalid collection name')
}
