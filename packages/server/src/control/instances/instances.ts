import { Binary, DateTime, ObjectId } from '@gantry/bson'
import type { Mode, Service } from '../../services/driver.js'
import { bytesIn, idIn, numberIn, type Table, textIn, textsIn, timeIn } from '../state.js'

/** A database service that an account has. */
export interface Instance {
  readonly id: string
  readonly account: string
  /** Unique within its account. */
  readonly name: string
  readonly service: Service
  readonly mode: Mode
  readonly type: string
  readonly zone: string
  readonly plan: number
  /** `lookupHash` of the `api_key`. */
  readonly apiKeyHash: string
  /** The `api_key`, sealed for the purpose `API_KEY`. */
  readonly apiKeySealed: Buffer
  /** Who may sign in with full rights, as its connection string says. */
  readonly user: string
  /** The user's password, sealed for the purpose `USER_PASSWORD`. */
  readonly passwordSealed: Buffer
  /** Databases that were made by name and may still be empty. */
  readonly databases: readonly string[]
  /** Where drivers reached it last, and are to reach it again; 0 when no port was ever opened. */
  readonly port: number
  readonly createdMs: number
}

/** The instance that the first start makes. */
export const DEFAULT_INSTANCE = 'default'

export const API_KEY = 'instance api key'
export const USER_PASSWORD = 'instance user password'

export const instances: Table<Instance> = {
  collection: 'instances',
  unique: [['account', 'name'], ['apiKeyHash']],
  write: ({ id, account, apiKeySealed, passwordSealed, createdMs, service, mode, ...rest }) => ({
    _id: new ObjectId(id),
    account: new ObjectId(account),
    service: service as string,
    mode: mode as string,
    ...rest,
    apiKeySealed: new Binary(apiKeySealed),
    passwordSealed: new Binary(passwordSealed),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    account: idIn(doc, 'account'),
    name: textIn(doc, 'name'),
    service: textIn(doc, 'service') as Service,
    mode: textIn(doc, 'mode') as Mode,
    type: textIn(doc, 'type'),
    zone: textIn(doc, 'zone'),
    plan: numberIn(doc, 'plan'),
    apiKeyHash: textIn(doc, 'apiKeyHash'),
    apiKeySealed: bytesIn(doc, 'apiKeySealed'),
    user: textIn(doc, 'user'),
    passwordSealed: bytesIn(doc, 'passwordSealed'),
    databases: textsIn(doc, 'databases'),
    port: doc.has('port') ? numberIn(doc, 'port') : 0,
    createdMs: timeIn(doc, 'created'),
  }),
}
