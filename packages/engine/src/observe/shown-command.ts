import {
  BsonType,
  decodeDocument,
  encodeDocument,
  RawValue,
  readName,
  skipCString,
  valueSize,
  type Writable,
} from '@gantry/bson'
import { documentText } from '../element-text.js'
import type { Operation } from '../operations.js'

/** Stands for what is not shown. */
const HIDDEN = 'xxx'

/** Arguments that are secrets, by command. */
const secrets: Readonly<Record<string, readonly string[]>> = {
  createUser: ['pwd'],
  updateUser: ['pwd'],
  saslStart: ['payload'],
  saslContinue: ['payload'],
}

/** Arguments that hold documents with secrets within. */
const withSecrets: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  hello: { speculativeAuthenticate: ['payload'] },
  isMaster: { speculativeAuthenticate: ['payload'] },
}

/** Users are stored with what verifies their passwords, so nothing of commands on them is shown but the names. */
const SECRET_COLLECTION = 'system.users'

/**
 * The command of an operation as logs, profiles and lists of operations show it: without secrets,
 * without the documents of an insert, and cut when it takes more than a number of bytes.
 */
export function shownCommand(operation: Operation, mostBytes: number): Writable {
  return cut(shownFields(operation, mostBytes), mostBytes)
}

/** A statement of an update or delete, cut as a whole command is. */
export function shownStatement(statement: RawValue, mostBytes: number): Writable {
  if (statement.size <= mostBytes) return statement
  return cut(
    topFields(statement.buf, statement.at, mostBytes, () => undefined),
    mostBytes,
  )
}

/** Largest argument that is read in order to be shown in part. */
const LARGEST_READ = 256 * 1024

type Fields = Map<string, Writable>

function shownFields({ command, collection, message }: Operation, mostBytes: number): Fields {
  const hidden = secrets[command] ?? []
  const nested = withSecrets[command] ?? {}
  const secretCollection = collection === SECRET_COLLECTION
  let first = true
  return topFields(message.body, 0, mostBytes, (name, value) => {
    const isFirst = first
    first = false
    if (isFirst || name === '$db') return undefined
    if (command === 'insert' && name === 'documents') return 'omitted'
    if (secretCollection || hidden.includes(name)) return HIDDEN
    return Object.hasOwn(nested, name) ? withoutSecrets(value, nested[name]) : undefined
  })
}

/** The elements of a document; the callback may give one another value, or have it left out. */
function topFields(
  buf: Buffer,
  doc: number,
  mostBytes: number,
  replace: (name: string, value: RawValue) => Writable | 'omitted' | undefined,
): Fields {
  const fields: Fields = new Map()
  // What is larger would take long to read, only to be cut away.
  const mostReadable = Math.max(mostBytes, LARGEST_READ)
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const name = readName(buf, at + 1)
    const valueAt = skipCString(buf, at + 1)
    const size = valueSize(buf, type, valueAt)
    const value = new RawValue(buf, type, valueAt, size)
    const other = replace(name, value)
    if (other !== 'omitted')
      fields.set(name, other ?? (size > mostReadable ? `(${size} bytes)` : value))
    at = valueAt + size
  }
  return fields
}

function withoutSecrets({ buf, type, at }: RawValue, names: readonly string[]): Writable {
  if (type !== BsonType.object) return HIDDEN
  const doc = decodeDocument(buf, at)
  for (const name of names) if (doc.has(name)) doc.set(name, HIDDEN)
  return doc
}

function cut(fields: Fields, mostBytes: number): Writable {
  const bytes = encodeDocument(fields)
  if (bytes.length <= mostBytes) return RawValue.document(bytes)
  const comment = fields.get('comment')
  return {
    $truncated: documentText(bytes, 0).slice(0, mostBytes),
    ...(comment !== undefined && { comment }),
  }
}
