import { v2 } from '@gantry/api'
import { presentAccount } from './present-account.js'
import { publicRoute, route } from './route.js'

export const tokenRoutes = [
  // Clients cut the token out of the text, so nothing else may be called or hold that word.
  route(v2.createToken, ({ control, account }) => ({
    token: control.tokens.issue(account),
    login: account.login,
    uid: account.id,
  })),
  publicRoute(v2.verifyToken, async ({ control, body }) =>
    presentAccount(await control.tokens.verify(body.token.trim())),
  ),
]
