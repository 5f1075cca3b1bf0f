import { named, object, text } from '../schema.js'
import { account } from './accounts.js'
import { v2Endpoint } from './endpoint.js'

export const createToken = v2Endpoint({
  method: 'GET',
  path: '/v2/tokens/',
  summary: 'Answers a token, which is valid for a day, for login and password.',
  area: 'tokens',
  authentication: 'basic',
  reply: named('Token', object({ token: text(), login: text(), uid: text() })),
})

export const verifyToken = v2Endpoint({
  method: 'POST',
  audit: { none: 'it reads' },
  path: '/v2/tokens/verify/',
  summary: 'Answers the account that a token is for.',
  area: 'tokens',
  authentication: 'none',
  body: object({ token: text() }),
  reply: account,
})
