import { v2 } from '@gantry/api'
import type { Account } from '../../control/accounts/accounts.js'
import { AppError } from '../../errors.js'
import { presentAccount } from './present-account.js'
import { route } from './route.js'

const SUCCESS = 'Success'

export const accountRoutes = [
  route(v2.getAccount, ({ account, params }) => presentAccount(own(account, params.uid))),
  route(v2.setCard, ({ account, params }) => {
    own(account, params.uid)
    return SUCCESS
  }),
  route(v2.setContact, async ({ control, account, params, body }) => {
    await control.accounts.setContact(own(account, params.uid), JSON.stringify(body))
    return SUCCESS
  }),
  route(v2.listAccounts, async ({ control, account }) =>
    (await control.accounts.list(account)).map(presentAccount),
  ),
  route(v2.createAccount, async ({ control, account, body }) => {
    const { add_instance_enabled: mayAddInstances, ...rest } = body
    return presentAccount(await control.accounts.create(account, { ...rest, mayAddInstances }))
  }),
]

function own(account: Account, uid: string): Account {
  if (account.id !== uid) throw new AppError('not_found', 'account not found')
  return account
}
