/** Users and roles of the databases, as a goal document wants them. */
import { type Doc, decodeDocument, encodeDocument } from '@gantry/bson'
import { AppError, isDatabaseError } from '../../errors.js'
import type { RemoteDeployment } from '../../services/mongodb/remote.js'
import { mergeUsers } from '../../services/mongodb/restore-users.js'
import type { Goal, GoalAuth, GoalProcess, GoalUser, JsonObject } from '../goal.js'
import { authOf } from './goal-parts.js'
import { isRefusedLogin, type Login, loginsOf, uriOfProcess, uriOfWhole, within } from './reach.js'
import { NotYet, type Task } from './task.js'
import { wantedOf } from './wanted.js'

const ADMIN = 'admin'

/** Makes the users and roles that are wanted, and the one with which agents come in before all others. */
export async function updateAuth(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const auth = authOf(goal)
  if (!auth) return
  await withAgentUser(goal, process, async (deployment) => {
    const users = auth.usersWanted ?? []
    const wanted = users.map(nameOf)
    // Before they are made: whoever goes on after a crash is to know of them.
    const known = [...new Set([...(hold.record.users ?? []), ...wanted])]
    await hold.save({ users: known })
    const there = await usersIn(deployment)
    await mergeUsers(deployment, {
      users: users.map((user) => userDocument(user, there)),
      roles: (goal.roles ?? []).map(roleDocument),
      drop: false,
    })
    for (const user of there) {
      if (isToGo(user, auth, known)) await dropUser(deployment, user)
    }
    await hold.save({ users: wanted })
  })
  await hold.did({ auth: wantedOf(goal, process).state.auth })
}

/** Another member's agent makes the users; they are there when ours lets us in. */
export async function awaitAuth({ goal, process, hold }: Task): Promise<void> {
  for (const login of loginsOf(goal)) {
    try {
      await within(uriOfProcess(goal, process, login), async () => {})
      return await hold.did({ auth: wantedOf(goal, process).state.auth })
    } catch (error) {
      if (!isRefusedLogin(error)) throw error
    }
  }
  throw new NotYet('the users have not been made by the first member')
}

/** Signs in as the agents' user, which is made when nobody has, and has its password changed when that is wanted. */
async function withAgentUser(
  goal: Goal,
  process: GoalProcess,
  work: (deployment: RemoteDeployment) => Promise<void>,
): Promise<void> {
  const logins = loginsOf(goal)
  const [wanted] = logins
  if (!wanted) throw new AppError('invalid', 'auth has no autoUser and autoPwd')
  for (const login of logins) {
    try {
      await within(uriOfWhole(goal, process, login), async (deployment) => {
        if (login !== wanted) {
          await deployment.command(ADMIN, { updateUser: wanted.user, pwd: wanted.password })
        }
        await work(deployment)
      })
      return
    } catch (error) {
      if (!isRefusedLogin(error)) throw error
    }
  }
  await makeAgentUser(goal, process, wanted)
  await within(uriOfWhole(goal, process, wanted), work)
}

/** Who connects from the same machine may do so while there is no user, and anybody where none is asked for. */
async function makeAgentUser(goal: Goal, process: GoalProcess, { user, password }: Login) {
  try {
    await within(uriOfProcess(goal, process), async (deployment) => {
      const roles = [{ role: 'root', db: ADMIN }]
      await deployment.command(ADMIN, { createUser: user, pwd: password, roles })
    })
  } catch (error) {
    if (!isDatabaseError(error, 'Unauthorized')) throw error
    throw new AppError(
      'unavailable',
      `${process.name} does not let in ${user}, and has other users already: make ${user} with auth.autoPwd and the role root there, or name one that it has`,
    )
  }
}

/** A user that there is, as far as it matters here. */
interface Principal {
  readonly user: string
  readonly db: string
  readonly userId: Doc extends Map<string, infer V> ? V | undefined : never
}

async function usersIn(deployment: RemoteDeployment): Promise<Principal[]> {
  const reply = decodeDocument(await deployment.command(ADMIN, { usersInfo: { forAllDBs: true } }))
  const users = reply.get('users')
  return (Array.isArray(users) ? (users as Doc[]) : []).map((doc) => ({
    user: String(doc.get('user')),
    db: String(doc.get('db')),
    userId: doc.get('userId'),
  }))
}

/** Whom a document has made goes with the one that leaves him out; others only when it says so. */
function isToGo(principal: Principal, auth: GoalAuth, known: readonly string[]): boolean {
  const { user, db } = principal
  const { usersWanted = [], usersDeleted = [], autoUser, authoritativeSet } = auth
  if (user === autoUser && db === ADMIN) return false
  if (usersWanted.some((wanted) => wanted.user === user && wanted.db === db)) return false
  const isNamed = usersDeleted.some((gone) => gone.user === user && gone.dbs.includes(db))
  return isNamed || authoritativeSet === true || known.includes(nameOf(principal))
}

function nameOf({ user, db }: { readonly user: string; readonly db: string }): string {
  return `${db}.${user}`
}

async function dropUser(deployment: RemoteDeployment, { user, db }: Principal): Promise<void> {
  try {
    await deployment.command(db, { dropUser: user })
  } catch (error) {
    if (!isDatabaseError(error, 'UserNotFound')) throw error
  }
}

/** As MongoDB keeps it. One who is there already keeps the id. */
function userDocument(wanted: GoalUser, there: readonly Principal[]): Doc {
  const { user, db, roles, scramSha1Creds, scramSha256Creds, mechanisms } = wanted
  if (!scramSha1Creds && !scramSha256Creds && db !== '$external') {
    throw new AppError('invalid', `the user ${user} of ${db} has no password and no credentials`)
  }
  // MONGODB-CR is what SCRAM-SHA-1 was called by those who knew its forerunner.
  const offered = mechanisms?.map((name) => (name === 'MONGODB-CR' ? 'SCRAM-SHA-1' : name)) ?? []
  const offers = (mechanism: string) => offered.length === 0 || offered.includes(mechanism)
  const known = there.find((one) => one.user === user && one.db === db)
  const restrictions = wanted.authenticationRestrictions ?? []
  const document = {
    _id: `${db}.${user}`,
    ...(known?.userId !== undefined && { userId: known.userId }),
    user,
    db,
    credentials: {
      ...(scramSha1Creds && offers('SCRAM-SHA-1') && { 'SCRAM-SHA-1': { ...scramSha1Creds } }),
      ...(scramSha256Creds &&
        offers('SCRAM-SHA-256') && { 'SCRAM-SHA-256': { ...scramSha256Creds } }),
      ...(db === '$external' && { external: true }),
    },
    roles: roles.map((role) => ({ ...role })),
    ...(restrictions.length > 0 && {
      authenticationRestrictions: restrictions.map(({ clientSource, serverAddress }) => ({
        ...(clientSource && { clientSource: [...clientSource] }),
        ...(serverAddress && { serverAddress: [...serverAddress] }),
      })),
    }),
  }
  return decodeDocument(encodeDocument(document))
}

function roleDocument({ role, db, privileges = [], roles = [], ...rest }: JsonObject): Doc {
  const document = { _id: `${db}.${role}`, role, db, privileges, roles, ...rest }
  return decodeDocument(encodeDocument(document as Parameters<typeof encodeDocument>[0]))
}
