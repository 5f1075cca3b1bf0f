import { DateTime, type Doc, ObjectId } from '@gantry/bson'
import { idIn, numberIn, type Table, textIn, timeIn } from '../state.js'

/** Who owns instances and signs in. */
export interface Account {
  /** 24 hexadecimal digits. */
  readonly id: string
  readonly login: string
  readonly email: string
  readonly name: string
  readonly company: string
  readonly phone: string
  readonly zipcode: string
  readonly passwordHash: string
  /** May sign in. */
  readonly active: boolean
  readonly migrated: boolean
  readonly mayAddInstances: boolean
  readonly hasCastersAccess: boolean
  readonly acceptedMsa: number
  readonly statsEnabled: boolean
  /** Administers the server: sees and makes accounts. */
  readonly isAdmin: boolean
  /** How it is to be contacted, as JSON text; empty when nobody said. */
  readonly contact: string
  readonly createdMs: number
}

/** What an account is unless somebody says otherwise. */
export const ACCOUNT_DEFAULTS = {
  company: '',
  phone: '',
  zipcode: '',
  active: true,
  migrated: false,
  mayAddInstances: true,
  hasCastersAccess: false,
  acceptedMsa: 1,
  statsEnabled: true,
  isAdmin: false,
  contact: '',
} as const satisfies Partial<Account>

/** The only account there was before accounts knew more of themselves is the one of the first start. */
const EARLIER_DEFAULTS = { ...ACCOUNT_DEFAULTS, isAdmin: true }

export const accounts: Table<Account> = {
  collection: 'accounts',
  unique: [['login']],
  write: ({ id, createdMs, ...rest }) => ({
    _id: new ObjectId(id),
    ...rest,
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    login: textIn(doc, 'login'),
    email: textIn(doc, 'email'),
    name: textIn(doc, 'name'),
    passwordHash: textIn(doc, 'passwordHash'),
    createdMs: timeIn(doc, 'created'),
    ...(doc.has('isAdmin') ? readDetails(doc) : EARLIER_DEFAULTS),
  }),
}

function readDetails(doc: Doc) {
  const isTrue = (field: string) => doc.get(field) === true
  return {
    company: textIn(doc, 'company'),
    phone: textIn(doc, 'phone'),
    zipcode: textIn(doc, 'zipcode'),
    active: isTrue('active'),
    migrated: isTrue('migrated'),
    mayAddInstances: isTrue('mayAddInstances'),
    hasCastersAccess: isTrue('hasCastersAccess'),
    acceptedMsa: numberIn(doc, 'acceptedMsa'),
    statsEnabled: isTrue('statsEnabled'),
    isAdmin: isTrue('isAdmin'),
    contact: textIn(doc, 'contact'),
  }
}
