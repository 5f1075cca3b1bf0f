import { v2 } from '@gantry/api'
import type { Account } from '../../control/accounts/accounts.js'
import type { Control } from '../../control/control.js'
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
  route(v2.setContact, async ({ control, account, params, body, noted }) => {
    await control.accounts.setContact(own(account, params.uid), JSON.stringify(body))
    noted.orgId = await orgOf(control, account)
    return SUCCESS
  }),
  route(v2.listAccounts, async ({ control, account }) =>
    (await control.accounts.list(account)).map(presentAccount),
  ),
  route(v2.createAccount, async ({ control, account, body, noted }) => {
    const { add_instance_enabled: mayAddInstances, ...rest } = body
    const made = await control.accounts.create(account, { ...rest, mayAddInstances })
    Object.assign(noted, { orgId: await orgOf(control, made), targetUsername: made.login })
    return presentAccount(made)
  }),
]

/** The organisation in which an account is at home. */
async function orgOf({ members }: Control, account: Account): Promise<string> {
  return (await members.adopt(account)).org
}

function own(account: Account, uid: string): Account {
  if (account.id !== uid) throw new AppError('not_found', 'account not found')
  return account
}
