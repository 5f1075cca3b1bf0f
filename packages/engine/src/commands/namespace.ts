import { CommandError } from '../errors.js'

/** Longest namespace, `database.collection`, in bytes. */
const LONGEST_NAMESPACE = 255

/** Throws unless a database may have the name. */
export function checkDatabaseName(db: string): void {
  if (db === '' || Buffer.byteLength(db) > 63 || /[/\\. "$\0]/.test(db)) {
    throw new CommandError('InvalidNamespace', `Invalid database name specified '${db}'`)
  }
}

/** Throws unless a collection may have the name. */
export function checkCollectionName(db: string, name: string): void {
  const namespace = `${db}.${name}`
  if (name === '') {
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${namespace}'`)
  }
  if (name.includes('\0')) {
    throw new CommandError('InvalidNamespace', 'namespaces cannot have embedded null characters')
  }
  if (name.includes('$')) {
    throw new CommandError('InvalidNamespace', `Invalid collection name: ${name}`)
  }
  if (name.startsWith('.') || name.endsWith('.') || (name.includes('..') && name.startsWith('.'))) {
    throw new CommandError(
      'InvalidNamespace',
      `Collection names cannot start or end with '.': ${name}`,
    )
  }
}

/** Throws unless a collection of the name may be made. */
export function checkNewCollectionName(db: string, name: string): void {
  checkCollectionName(db, name)
  if (Buffer.byteLength(`${db}.${name}`) > LONGEST_NAMESPACE) {
    throw new CommandError(
      'InvalidNamespace',
      `Fully qualified namespace is too long. Namespace: ${db}.${name.slice(0, 80)}… Max: ${LONGEST_NAMESPACE}`,
    )
  }
  if (name.startsWith('system.') && !writableSystemCollections.has(name)) {
    throw new CommandError('InvalidNamespace', `Invalid system namespace: ${db}.${name}`)
  }
}

const writableSystemCollections = new Set([
  'system.users',
  'system.roles',
  'system.version',
  'system.js',
  'system.views',
  'system.profile',
])
