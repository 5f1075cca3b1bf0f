import type { Goal, GoalUser } from './goal.js'

const NEEDED = ['autoUser', 'autoPwd', 'keyfile', 'keyfileWindows'] as const
/** Users that others vouch for have this database, and no password. */
const EXTERNAL = '$external'
const MECHANISMS = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'MONGODB-CR']

/** What is wrong with `auth`. */
export function* authFaults({ auth, tls, ssl }: Goal): Generator<string> {
  if (tls && ssl && JSON.stringify(tls) !== JSON.stringify(ssl)) {
    yield 'tls and ssl are two names of one thing, and differ: give one of them.'
  }
  if (!auth) return
  const users = auth.usersWanted ?? []
  yield* userFaults(users)
  if (auth.disabled) return
  const missing = NEEDED.find((name) => !auth[name])
  if (missing) yield `Authentication cannot be enabled without auth.${missing}.`
  yield* passwordFaults(users)
}

function* userFaults(users: readonly GoalUser[]): Generator<string> {
  const names = users.map(({ user, db }) => `${user}@${db}`)
  for (const [i, { user, db, mechanisms = [] }] of users.entries()) {
    if (user === '' || db === '') yield `auth.usersWanted[${i}] has no user or no db.`
    if (names.indexOf(names[i]) !== i) yield `The user ${user} of ${db} is wanted twice.`
    if (db === EXTERNAL) continue
    const unknown = mechanisms.find((name) => !MECHANISMS.includes(name))
    if (unknown !== undefined) {
      yield `auth.usersWanted[${i}].mechanisms holds ${unknown}, which goes with no password.`
    }
  }
}

/** Without a password nobody could come in as the user. */
function* passwordFaults(users: readonly GoalUser[]): Generator<string> {
  for (const [i, { user, db, ...rest }] of users.entries()) {
    if (db === EXTERNAL) continue
    const { pwd, initPwd, scramSha1Creds, scramSha256Creds } = rest as GoalUser & {
      readonly pwd?: string
      readonly initPwd?: string
    }
    if (pwd || initPwd || scramSha1Creds || scramSha256Creds) continue
    yield `auth.usersWanted[${i}], ${user} of ${db}, has neither initPwd nor stored credentials.`
  }
}
