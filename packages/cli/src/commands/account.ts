import type { AccountClient, JsonDocument } from '@gantry/client'
import { connectAccount } from '../account-target.js'
import type { Invocation } from '../command.js'
import { print, renderTable } from '../output.js'
import { readPassword } from '../password.js'

type Account = Awaited<ReturnType<AccountClient['listAccounts']>>[number]

export async function listAccounts(call: Invocation): Promise<void> {
  const accounts = await (await connectAccount(call)).listAccounts()
  print(call, accounts as unknown as JsonDocument[], () =>
    renderTable(
      ['LOGIN', 'NAME', 'ID', 'MADE'],
      accounts.map((account) => [account.login, account.name, account.id, dateText(account)]),
    ),
  )
}

export async function createAccount(call: Invocation): Promise<void> {
  const login = call.argument('LOGIN')
  const client = await connectAccount(call)
  const password = await readPassword(call.option('password-file'), `Password for ${login}: `)
  const [email, name] = [call.option('email'), call.option('name')]
  const body = {
    login,
    password,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
  }
  const account = await client.createAccount({ body })
  print(call, account as unknown as JsonDocument, () => `account ${account.login} is ${account.id}`)
}

function dateText({ creation_date: { $date } }: Account): string {
  return new Date($date).toISOString().slice(0, 10)
}
