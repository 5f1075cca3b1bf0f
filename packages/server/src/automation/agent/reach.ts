/** How an agent reaches the processes that it looks after. */
import { type Doc, decodeDocument } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { openRemote, type RemoteDeployment } from '../../services/mongodb/remote.js'
import {
  type Goal,
  type GoalAuth,
  type GoalProcess,
  type JsonObject,
  listenerOf,
  portOf,
} from '../goal.js'
import { addressOf, authOf, processOf, setOf } from './goal-parts.js'

export interface Login {
  readonly user: string
  readonly password: string
}

/** As whom an agent may come in, the likeliest first; none when nobody is asked who they are. */
export function loginsOf(goal: Goal): readonly Login[] {
  const { autoUser, autoPwd, newAutoPwd } = authOf(goal) ?? ({} as Partial<GoalAuth>)
  if (!autoUser) return []
  return [newAutoPwd, autoPwd]
    .filter((password) => typeof password === 'string')
    .map((password) => ({ user: autoUser, password }))
}

/** A URI for one process, from the machine that it runs on. */
export function uriOfProcess(goal: Goal, process: GoalProcess, login?: Login): string {
  const host = listenerOf(process)
  return uriOf(
    goal,
    process,
    `${host.includes(':') ? `[${host}]` : host}:${portOf(process)}`,
    'directConnection=true',
    login,
  )
}

/** A URI for all that a process is a part of: its set, wherever its primary is, or itself. */
export function uriOfWhole(goal: Goal, process: GoalProcess, login?: Login): string {
  const set = setOf(goal, process)
  if (!set || set.members.length < 2) return uriOfProcess(goal, process, login)
  const members = set.members
    .filter(({ arbiterOnly }) => !arbiterOnly)
    .map(({ host }) => processOf(goal, host))
    .filter((member) => member !== undefined)
  const hosts = members.map(addressOf).join(',')
  return uriOf(goal, process, hosts, `replicaSet=${encodeURIComponent(set._id)}`, login)
}

/** A URI for another process, by the name of its host. */
export function uriOfOther(goal: Goal, process: GoalProcess, login?: Login): string {
  return uriOf(goal, process, addressOf(process), 'directConnection=true', login)
}

function uriOf(
  goal: Goal,
  process: GoalProcess,
  hosts: string,
  how: string,
  login?: Login,
): string {
  const who = login
    ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`
    : ''
  const options = [
    how,
    'serverSelectionTimeoutMS=3000',
    'connectTimeoutMS=3000',
    ...(login ? ['authSource=admin'] : []),
    ...tlsOptions(goal, process),
  ]
  return `mongodb://${who}${hosts}/?${options.join('&')}`
}

function tlsOptions({ tls, ssl }: Goal, { args2_6 }: GoalProcess): string[] {
  const net = args2_6.net as JsonObject
  const settings = (net.tls ?? net.ssl) as { readonly [name: string]: string } | undefined
  if (!/^(require|prefer)/.test(settings?.mode ?? '')) return []
  const { CAFilePath, autoPEMKeyFilePath, autoPEMKeyFilePwd } = (tls ?? ssl ?? {}) as {
    readonly [name: string]: string | undefined
  }
  const caFile = CAFilePath ?? settings?.CAFile
  const option = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  return [
    'tls=true',
    // Its name is not that of the loopback interface; without anybody to vouch for it, it is that which listens here.
    ...(caFile === undefined
      ? ['tlsAllowInvalidCertificates=true']
      : ['tlsAllowInvalidHostnames=true']),
    ...option('tlsCAFile', caFile),
    ...option('tlsCertificateKeyFile', autoPEMKeyFilePath),
    ...option('tlsCertificateKeyFilePassword', autoPEMKeyFilePwd),
  ]
}

/** Connects, calls, and closes whatever comes of it. */
export async function within<T>(
  uri: string,
  work: (deployment: RemoteDeployment) => Promise<T>,
): Promise<T> {
  const deployment = await openRemote(uri)
  try {
    return await work(deployment)
  } finally {
    await deployment.close()
  }
}

/** Connects as the agents' user, or as nobody while that has not been made. */
export async function asAgent<T>(
  goal: Goal,
  uriFor: (login?: Login) => string,
  work: (deployment: RemoteDeployment) => Promise<T>,
): Promise<T> {
  for (const login of loginsOf(goal)) {
    try {
      return await within(uriFor(login), work)
    } catch (error) {
      if (!isRefusedLogin(error)) throw error
    }
  }
  return await within(uriFor(), work)
}

/** Whether a server said that it does not know who comes. */
export function isRefusedLogin(error: unknown): boolean {
  return error instanceof AppError && /does not let us in/.test(error.message)
}

export async function helloOf(deployment: RemoteDeployment): Promise<Doc> {
  return decodeDocument(await deployment.command('admin', { hello: 1 }))
}
