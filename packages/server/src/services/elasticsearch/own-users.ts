import { createHmac, randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { hashPassword, verifyPassword } from '../../passwords.js'
import {
  byName,
  checkUsername,
  type ElasticsearchRole,
  type ElasticsearchUser,
  type ElasticsearchUsers,
} from './user.js'

/** Users of a cluster that keeps none itself; the instance's front asks them who somebody is. */
export interface OwnUsers extends ElasticsearchUsers {
  /** The role of whoever sends this `Authorization` header; undefined: nobody we know. */
  roleOf(authorization: string | undefined): Promise<ElasticsearchRole | undefined>
}

interface Kept {
  readonly role: ElasticsearchRole
  readonly passwordHash: string
}

/** Headers that were found right lately, so that a request costs no password hash. */
const REMEMBERED = 1000

/** Reads the users kept in a file, which is made (mode 0600) with the first of them. */
export async function openOwnUsers(file: string): Promise<OwnUsers> {
  let users = new Map(Object.entries(await read(file)))
  const key = randomBytes(32)
  const right = new Map<string, ElasticsearchRole>()
  let writing: Promise<unknown> = Promise.resolve()

  /** One change after the other, each whole on disk before it counts. */
  function change(apply: (users: Map<string, Kept>) => void): Promise<void> {
    const done = writing.then(async () => {
      const changed = new Map(users)
      apply(changed)
      await write(file, Object.fromEntries(changed))
      users = changed
      right.clear()
    })
    writing = done.catch(() => {})
    return done
  }

  async function verify(authorization: string): Promise<ElasticsearchRole | undefined> {
    const given = basicOf(authorization)
    const user = given && users.get(given.username)
    if (!user || !(await verifyPassword(given.password, user.passwordHash))) return undefined
    return user.role
  }

  return {
    list: async () =>
      [...users]
        .map(([username, { role }]): ElasticsearchUser => ({ username, role }))
        .sort(byName),
    async save({ username, role }, password) {
      checkUsername(username)
      const passwordHash = await hashPassword(password)
      await change((changed) => changed.set(username, { role, passwordHash }))
    },
    async remove(username) {
      let isThere = false
      await change((changed) => {
        isThere = changed.delete(username)
      })
      return isThere
    },
    async roleOf(authorization) {
      if (authorization === undefined) return undefined
      const print = createHmac('sha256', key).update(authorization).digest('base64')
      const known = right.get(print)
      if (known) return known
      const before = users
      const role = await verify(authorization)
      // A user who was changed meanwhile is asked again.
      if (role && users === before) {
        if (right.size >= REMEMBERED) right.clear()
        right.set(print, role)
      }
      return role
    },
  }
}

function basicOf(authorization: string): { username: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const [, username, password] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return username === undefined ? undefined : { username, password }
}

async function read(file: string): Promise<{ [username: string]: Kept }> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { [username: string]: Kept }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

async function write(file: string, users: { [username: string]: Kept }): Promise<void> {
  const next = `${file}.next`
  await writeFile(next, JSON.stringify(users), { mode: 0o600, flush: true })
  await rename(next, file)
}
