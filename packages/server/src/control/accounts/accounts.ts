import { DateTime, ObjectId } from '@gantry/bson'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** Who owns instances and signs in. */
export interface Account {
  /** 24 hexadecimal digits. */
  readonly id: string
  readonly login: string
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  readonly createdMs: number
}

export const accounts: Table<Account> = {
  collection: 'accounts',
  unique: [['login']],
  write: ({ id, login, email, name, passwordHash, createdMs }) => ({
    _id: new ObjectId(id),
    login,
    email,
    name,
    passwordHash,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    login: textIn(doc, 'login'),
    email: textIn(doc, 'email'),
    name: textIn(doc, 'name'),
    passwordHash: textIn(doc, 'passwordHash'),
    createdMs: timeIn(doc, 'created'),
  }),
}
