import { Binary, DateTime, type Doc, ObjectId } from '@gantry/bson'
import type { Mode, Service, Settings } from '../../services/driver.js'
import {
  bytesIn,
  idIn,
  numberIn,
  optionalTextIn,
  plainFieldsIn,
  plainFieldsOf,
  type Table,
  textIn,
  textsIn,
  timeIn,
} from '../state.js'

/**
 * How far an instance has come. Ready are `ACTIVE` and, of Elasticsearch, `COMPLETED`;
 * nobody sees one that is `DELETING`.
 */
export type InstanceState =
  | 'REQUESTED'
  | 'BUILDING'
  | 'ACTIVE'
  | 'COMPLETED'
  | 'RESIZE'
  | 'ERROR'
  | 'DELETING'

/** A database service that an account has. */
export interface Instance {
  readonly id: string
  readonly account: string
  /** Unique within its account. */
  readonly name: string
  readonly service: Service
  readonly mode: Mode
  readonly type: string
  /** The version that was asked for. */
  readonly version: string
  readonly zone: string
  /** Gigabytes (of each shard) of MongoDB and Elasticsearch, megabytes of Redis. */
  readonly plan: number
  readonly state: InstanceState
  /** Why it is in the state `ERROR`. */
  readonly error?: string
  readonly settings: Settings
  /** `lookupHash` of the `api_key`. */
  readonly apiKeyHash: string
  /** The `api_key`, sealed for the purpose `API_KEY`. */
  readonly apiKeySealed: Buffer
  /** Who may sign in with full rights, as its connection string says. */
  readonly user: string
  /** The user's password, sealed for the purpose `USER_PASSWORD`. */
  readonly passwordSealed: Buffer
  /** Where an attached service is, sealed for the purpose `ATTACHED_URI`. */
  readonly uriSealed?: Buffer
  /** Databases that were made by name and may still be empty. */
  readonly databases: readonly string[]
  /** Where drivers reached it last, and are to reach it again; 0 when no port was ever opened. */
  readonly port: number
  /** The id of the server that runs it; missing for one that any server reaches by its URI. */
  readonly home?: string
  /** The one that the first start made, which has MongoDB's own port if it can be had. */
  readonly isFirst: boolean
  readonly createdMs: number
}

/** The name of the instance that the first start makes. */
export const DEFAULT_INSTANCE = 'default'

export const API_KEY = 'instance api key'
export const USER_PASSWORD = 'instance user password'
export const ATTACHED_URI = 'attached instance uri'

/** What instances were before they had a version: the first start's. */
const FIRST_VERSION = '3.0.5'

export const instances: Table<Instance> = {
  collection: 'instances',
  unique: [['account', 'name'], ['apiKeyHash']],
  write: ({ id, account, apiKeySealed, passwordSealed, uriSealed, createdMs, ...rest }) => {
    const { home, error, service, mode, state, settings, ...plain } = rest
    return {
      _id: new ObjectId(id),
      account: new ObjectId(account),
      service: service as string,
      mode: mode as string,
      state: state as string,
      ...plain,
      settings: plainFieldsOf(settings),
      ...(home !== undefined && { home }),
      ...(error !== undefined && { error }),
      apiKeySealed: new Binary(apiKeySealed),
      passwordSealed: new Binary(passwordSealed),
      ...(uriSealed && { uriSealed: new Binary(uriSealed) }),
      created: DateTime.fromMs(createdMs),
    }
  },
  read: (doc) => ({
    id: idIn(doc, '_id'),
    account: idIn(doc, 'account'),
    name: textIn(doc, 'name'),
    service: textIn(doc, 'service') as Service,
    mode: textIn(doc, 'mode') as Mode,
    type: textIn(doc, 'type'),
    version: optionalTextIn(doc, 'version') ?? FIRST_VERSION,
    zone: textIn(doc, 'zone'),
    plan: numberIn(doc, 'plan'),
    state: (optionalTextIn(doc, 'state') ?? 'ACTIVE') as InstanceState,
    ...(doc.has('error') && { error: textIn(doc, 'error') }),
    settings: doc.has('settings') ? plainFieldsIn(doc, 'settings') : {},
    apiKeyHash: textIn(doc, 'apiKeyHash'),
    apiKeySealed: bytesIn(doc, 'apiKeySealed'),
    user: textIn(doc, 'user'),
    passwordSealed: bytesIn(doc, 'passwordSealed'),
    ...(doc.has('uriSealed') && { uriSealed: bytesIn(doc, 'uriSealed') }),
    databases: textsIn(doc, 'databases'),
    port: doc.has('port') ? numberIn(doc, 'port') : 0,
    ...(doc.has('home') && { home: textIn(doc, 'home') }),
    isFirst: isFirst(doc),
    createdMs: timeIn(doc, 'created'),
  }),
}

/** Before it was written down there was only the first. */
function isFirst(doc: Doc): boolean {
  return doc.has('isFirst') ? doc.get('isFirst') === true : true
}

/** The state of an instance that is ready, which a service has a word of its own for. */
export function readyState(service: Service): InstanceState {
  return service === 'elasticsearch' ? 'COMPLETED' : 'ACTIVE'
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

/** Whether an instance may be called so. */
export function isInstanceName(name: string): boolean {
  return NAME.test(name)
}
