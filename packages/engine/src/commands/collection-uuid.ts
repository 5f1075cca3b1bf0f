import { Binary, BsonType, type Doc, decodeValue, type Value } from '@gantry/bson'
import type { Catalog } from '../catalog/catalog.js'
import { CommandError } from '../errors.js'
import { type Arg, wrongType } from './args.js'

const UUID_SUBTYPE = 4

/** The uuid that a collection must have for the command to be meant for it. */
export const uuidArg: Arg<Buffer> = {
  read(value, field) {
    if (value.type !== BsonType.binData) throw wrongType(field, value, 'binData')
    const binary = decodeValue(value.buf, value.type, value.at) as Binary
    if (binary.subtype === UUID_SUBTYPE && binary.bytes.length === 16) return binary.bytes
    throw new CommandError(
      'InvalidUUID',
      `uuid must be a 16-byte binary field with UUID (4) subtype`,
    )
  },
}

/** Throws unless the collection of a name has the uuid that the caller expects. */
export function checkUuid(
  catalog: Pick<Catalog, 'find' | 'collections'>,
  db: string,
  name: string,
  uuid: Buffer | undefined,
): void {
  if (!uuid || catalog.find(db, name)?.uuid.equals(uuid)) return
  const actual = catalog.collections(db).find((collection) => collection.uuid.equals(uuid))
  const details: Doc = new Map<string, Value>([
    ['db', db],
    ['collectionUUID', new Binary(uuid, UUID_SUBTYPE)],
    ['expectedCollection', name],
    ['actualCollection', actual?.name ?? null],
  ])
  throw new CommandError(
    'CollectionUUIDMismatch',
    'Collection UUID does not match that specified',
    Object.fromEntries(details),
  )
}
