import { Binary, DateTime, ObjectId } from '@gantry/bson'
import type { Kept } from '../records.js'
import { bytesIn, idIn, numberIn, type Table, textIn, timeIn } from '../state.js'

/** What somebody has said of a host: that it is to be monitored, and how. */
export interface HostRecord extends Kept {
  readonly project: string
  readonly hostname: string
  readonly port: number
  /** The host of an instance of the project, which needs no credentials. */
  readonly isInstance: boolean
  readonly username?: string
  /** Sealed for the purpose `HOST_PASSWORD`. */
  readonly passwordSealed?: Buffer
  readonly authMechanismName: string
  readonly sslEnabled: boolean
  readonly alertsEnabled: boolean
  readonly logsEnabled: boolean
  readonly profilerEnabled: boolean
  /** Not to be seen any more, until it is added again. */
  readonly deactivated: boolean
}

export const HOST_PASSWORD = 'host password'

const flags = [
  'isInstance',
  'sslEnabled',
  'alertsEnabled',
  'logsEnabled',
  'profilerEnabled',
  'deactivated',
] as const

export const hostTable: Table<HostRecord> = {
  collection: 'hosts',
  unique: [['project', 'hostname', 'port']],
  write: ({ id, project, passwordSealed, createdMs, ...rest }) => ({
    _id: new ObjectId(id),
    project: new ObjectId(project),
    ...rest,
    ...(passwordSealed && { passwordSealed: new Binary(passwordSealed) }),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    hostname: textIn(doc, 'hostname'),
    port: numberIn(doc, 'port'),
    ...(doc.has('username') && { username: textIn(doc, 'username') }),
    ...(doc.has('passwordSealed') && { passwordSealed: bytesIn(doc, 'passwordSealed') }),
    authMechanismName: textIn(doc, 'authMechanismName'),
    ...(Object.fromEntries(flags.map((name) => [name, doc.get(name) === true])) as Pick<
      HostRecord,
      (typeof flags)[number]
    >),
    createdMs: timeIn(doc, 'created'),
  }),
}
