import type { V2Authentication } from '@gantry/api'
import type { Account } from '../../control/accounts/accounts.js'
import type { Control } from '../../control/control.js'
import { AppError } from '../../errors.js'

interface Headers {
  readonly [name: string]: string | string[] | undefined
}

/**
 * Who calls; undefined where nobody is asked. Rejects with `unauthenticated`, which clients
 * take for a token that has expired, so that it must not stand for anything else.
 */
export async function authenticate(
  way: V2Authentication,
  headers: Headers,
  { accounts, tokens }: Control,
): Promise<Account | undefined> {
  switch (way) {
    case 'none':
      return undefined
    case 'basic': {
      const { login, password } = readBasic(headers.authorization)
      return accounts.signIn(login, password)
    }
    case 'token': {
      // Some clients send blanks around it.
      const token = String(headers['x-auth-token'] ?? '').trim()
      if (token === '') throw new AppError('unauthenticated', 'missing X-Auth-Token')
      return tokens.verify(token)
    }
  }
}

function readBasic(header: string | string[] | undefined): { login: string; password: string } {
  const encoded = /^basic +([A-Za-z0-9+/_-]+=*)\s*$/i.exec(String(header ?? ''))?.[1]
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) throw new AppError('unauthenticated', 'login and password are needed')
  return { login: text.slice(0, colon), password: text.slice(colon + 1) }
}
