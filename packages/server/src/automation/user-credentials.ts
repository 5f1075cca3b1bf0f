/** Turns the passwords of wanted users into what a MongoDB server keeps of them. */
import { AppError } from '../errors.js'
import { createCredential, type Mechanism, passwordFits } from '../services/mongodb/credentials.js'
import type { GoalUser, ScramCredentials } from './goal.js'

/** A user as a document that was sent has it. */
export interface GivenUser extends GoalUser {
  readonly pwd?: string
  readonly initPwd?: string
}

type Field = 'scramSha1Creds' | 'scramSha256Creds'

const FIELDS: readonly (readonly [Field, Mechanism, wantedBy: readonly string[]])[] = [
  ['scramSha1Creds', 'SCRAM-SHA-1', ['SCRAM-SHA-1', 'MONGODB-CR']],
  ['scramSha256Creds', 'SCRAM-SHA-256', ['SCRAM-SHA-256']],
]

/** The user with the stored credentials of `before`, unless it brings a password or some itself. */
export function withStoredCredentials(given: GivenUser, before: GoalUser | undefined): GivenUser {
  const { pwd, initPwd, scramSha1Creds, scramSha256Creds } = given
  const own = pwd ?? initPwd ?? scramSha1Creds ?? scramSha256Creds
  if (own !== undefined || !before) return given
  const stored = FIELDS.map(([field]) => [field, before[field]])
  return { ...given, ...Object.fromEntries(stored.filter(([, value]) => value !== undefined)) }
}

/**
 * The user with credentials in place of a password in clear. Those of `before` that fit the
 * password stay as they are.
 */
export async function withCredentials(
  given: GivenUser,
  before: GoalUser | undefined,
  path: string,
): Promise<GoalUser> {
  const password = given.pwd ?? given.initPwd
  if (password === undefined) return given
  const { pwd, initPwd: _initPwd, scramSha1Creds: _1, scramSha256Creds: _256, ...user } = given
  const { mechanisms = [] } = user
  const made: { [field in Field]?: ScramCredentials } = {}
  for (const [field, mechanism, wantedBy] of FIELDS) {
    const isWanted = mechanisms.length === 0 || mechanisms.some((name) => wantedBy.includes(name))
    if (!isWanted) continue
    const known = before?.[field]
    made[field] = await credentialOf(mechanism, user.user, password, known).catch(() => {
      throw unusable(`${path}.${pwd === undefined ? 'initPwd' : 'pwd'}`)
    })
  }
  return { ...user, ...made }
}

async function credentialOf(
  mechanism: Mechanism,
  user: string,
  password: string,
  known: ScramCredentials | undefined,
): Promise<ScramCredentials> {
  if (known && (await passwordFits(mechanism, user, password, known))) return known
  return createCredential(mechanism, user, password)
}

function unusable(path: string): AppError {
  const text = `${path} holds characters that no password may have.`
  return new AppError('invalid', text, { reason: 'VALIDATION_ERROR', parameters: [text] })
}
