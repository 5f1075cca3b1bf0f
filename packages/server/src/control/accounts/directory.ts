import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { hashPassword, verifyPassword } from '../secrets.js'
import type { State } from '../state.js'
import { ACCOUNT_DEFAULTS, type Account, accounts } from './accounts.js'

/** What is said of an account when it is made. */
export interface NewAccount {
  /** Unique; without a colon, which ends it where it is sent with the password. */
  readonly login: string
  readonly password: string
  /** The login when it is not given. */
  readonly email?: string
  readonly name?: string
  readonly company?: string
  readonly phone?: string
  readonly zipcode?: string
  readonly mayAddInstances?: boolean
}

/** The accounts of this server, always as the state has them. */
export interface AccountDirectory {
  byId(id: string): Promise<Account | undefined>
  /** Rejects with `unauthenticated`, which does not tell whether there is such a login. */
  signIn(login: string, password: string): Promise<Account>
  /** All, oldest first. Rejects with `forbidden` unless an administrator asks. */
  list(by: Account): Promise<Account[]>
  /** As `list` for whom may; rejects with `conflict` when the login is taken, `invalid` when it cannot be one. */
  create(by: Account, account: NewAccount): Promise<Account>
  /** Keeps how an account is to be contacted. */
  setContact(account: Account, contact: string): Promise<void>
}

/** `created` is told of every account that is made here, before its maker is. */
export function accountDirectory(
  state: State,
  created: (account: Account) => Promise<unknown> = async () => {},
): AccountDirectory {
  /** Compared with where there is no account, so that this takes as long. */
  let nobodysHash: Promise<string> | undefined

  return {
    async byId(id) {
      if (!ObjectId.isValid(id)) return undefined
      return (await state.list(accounts, { _id: new ObjectId(id) })).at(0)
    },
    async signIn(login, password) {
      const [account] = await state.list(accounts, { login })
      nobodysHash ??= hashPassword('')
      const isRight = await verifyPassword(password, account?.passwordHash ?? (await nobodysHash))
      if (account?.active && isRight) return account
      throw new AppError('unauthenticated', 'wrong login or password')
    },
    async list(by) {
      checkAdmin(by)
      return (await state.list(accounts)).sort((a, b) => a.createdMs - b.createdMs)
    },
    async create(by, { password, ...given }) {
      checkAdmin(by)
      const { login } = given
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
      if (/[:\s\u0000-\u001f\u007f]/.test(login)) {
        throw new AppError('invalid', 'login cannot hold blanks, control characters or a colon')
      }
      const known = Object.entries(given).filter(([, value]) => value !== undefined)
      const account: Account = {
        ...ACCOUNT_DEFAULTS,
        email: login,
        name: login,
        ...(Object.fromEntries(known) as typeof given),
        id: new ObjectId().toHexString(),
        passwordHash: await hashPassword(password),
        createdMs: Date.now(),
      } as Account
      await state.insert(accounts, account).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        throw new AppError('conflict', `login "${login}" is taken`, {}, { cause: error })
      })
      await created(account)
      return account
    },
    async setContact({ id }, contact) {
      await state.update(accounts, new ObjectId(id), { $set: { contact } })
    },
  }
}

function checkAdmin({ isAdmin }: Account): void {
  if (!isAdmin) throw new AppError('forbidden', 'only the administrator of this server may do this')
}
