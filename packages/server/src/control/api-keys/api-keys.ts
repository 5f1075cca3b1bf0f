import { createHash } from 'node:crypto'
import { DateTime, ObjectId } from '@gantry/bson'
import { idIn, type Table, textIn, textsIn, timeIn } from '../state.js'

/** What Digest authentication of the Public API names; it is part of every stored hash. */
export const DIGEST_REALM = 'MMS Public API'

/** A key of the Public API. Of its private half only what Digest needs is kept. */
export interface ApiKey {
  readonly id: string
  readonly account: string
  readonly publicKey: string
  readonly ha1Md5: string
  readonly ha1Sha256: string
  readonly description: string
  readonly roles: readonly string[]
  readonly createdMs: number
}

/** `name:realm:secret` hashed, as Digest wants it, for both algorithms. */
export function digestHashes(
  publicKey: string,
  privateKey: string,
): Pick<ApiKey, 'ha1Md5' | 'ha1Sha256'> {
  const text = `${publicKey}:${DIGEST_REALM}:${privateKey}`
  const hash = (algorithm: string) => createHash(algorithm).update(text).digest('hex')
  return { ha1Md5: hash('md5'), ha1Sha256: hash('sha256') }
}

export const apiKeys: Table<ApiKey> = {
  collection: 'apiKeys',
  unique: [['publicKey']],
  write: ({ id, account, roles, createdMs, ...texts }) => ({
    _id: new ObjectId(id),
    account: new ObjectId(account),
    ...texts,
    roles,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    account: idIn(doc, 'account'),
    publicKey: textIn(doc, 'publicKey'),
    ha1Md5: textIn(doc, 'ha1Md5'),
    ha1Sha256: textIn(doc, 'ha1Sha256'),
    description: textIn(doc, 'description'),
    roles: textsIn(doc, 'roles'),
    createdMs: timeIn(doc, 'created'),
  }),
}
