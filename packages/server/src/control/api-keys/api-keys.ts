import { createHash } from 'node:crypto'
import { DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { type RoleAssignment, readRoles, writeRoles } from '../roles/roles.js'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** What Digest authentication of the Public API names; it is part of every stored hash. */
export const DIGEST_REALM = 'MMS Public API'

/** A key of the Public API. Of its private half only what Digest needs is kept. */
export interface ApiKey extends Kept {
  /** Who made it or, when it is personal, whose it is. */
  readonly account: string
  readonly publicKey: string
  readonly ha1Md5: string
  readonly ha1Sha256: string
  /** The private half's last characters, by which people tell keys apart. */
  readonly tail: string
  readonly description: string
  /** Of a programmatic key: its own. A personal one has those of its user. */
  readonly roles: readonly RoleAssignment[]
  /** The organisation that has it; undefined: it is personal, or as old as the first start. */
  readonly org?: string
  /** The user name that stands for a personal key in Digest, instead of `publicKey`. */
  readonly username?: string
}

/** `name:realm:secret` hashed, as Digest wants it, for both algorithms. */
export function digestHashes(
  name: string,
  privateKey: string,
): Pick<ApiKey, 'ha1Md5' | 'ha1Sha256' | 'tail'> {
  const text = `${name}:${DIGEST_REALM}:${privateKey}`
  const hash = (algorithm: string) => createHash(algorithm).update(text).digest('hex')
  return { ha1Md5: hash('md5'), ha1Sha256: hash('sha256'), tail: privateKey.slice(-12) }
}

export const apiKeys: Table<ApiKey> = {
  collection: 'apiKeys',
  unique: [['publicKey']],
  write: ({ id, account, roles, createdMs, org, ...texts }) => ({
    _id: new ObjectId(id),
    account: new ObjectId(account),
    ...texts,
    roles: writeRoles(roles),
    ...(org !== undefined && { org: new ObjectId(org) }),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    account: idIn(doc, 'account'),
    publicKey: textIn(doc, 'publicKey'),
    ha1Md5: textIn(doc, 'ha1Md5'),
    ha1Sha256: textIn(doc, 'ha1Sha256'),
    tail: doc.has('tail') ? textIn(doc, 'tail') : '************',
    description: textIn(doc, 'description'),
    roles: readRoles(doc),
    ...(doc.has('org') && { org: idIn(doc, 'org') }),
    ...(doc.has('username') && { username: textIn(doc, 'username') }),
    createdMs: timeIn(doc, 'created'),
  }),
}
