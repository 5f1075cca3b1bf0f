import { publicApi } from '@gantry/api'
import { GANTRY_VERSION } from '../../control/agents/versions.js'
import { refusal } from '../../control/refusal.js'
import { holdsGlobal } from '../../control/roles/roles.js'
import { presentKey } from './present-key.js'
import { presentUser } from './present-user.js'
import { linkTo, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const rootRoutes: readonly PublicRoute[] = [
  route(publicApi.getRoot, ({ caller }) => ({
    appName: 'Gantry',
    build: GANTRY_VERSION,
    throttling: false,
    links: [
      self('/'),
      linkTo('groups', '/groups'),
      ...(holdsGlobal(caller.roles) ? [linkTo('globalAlerts', '/globalAlerts')] : []),
      ...(caller.user ? [linkTo('user', path`/users/${caller.user.id}`)] : []),
    ],
  })),
  route(publicApi.createFirstUser, createFirstUser),
]

async function createFirstUser({
  control,
  query,
  body,
  caller,
}: Call<typeof publicApi.createFirstUser>) {
  const { members, keys, accessLists, events } = control
  if ((await members.all()).length > 0) {
    throw refusal('CANNOT_CREATE_FIRST_USER_USERS_ALREADY_EXIST')
  }
  const made = await members.create({ ...body, roles: [{ roleName: 'GLOBAL_OWNER' }] })
  const { org } = await members.adopt({ id: made.id, login: made.username })
  const { key, privateKey } = await keys.create({
    description: `Made with the first user, ${made.username}`,
    roles: [{ roleName: 'GLOBAL_OWNER' }],
    account: made.id,
    org,
  })
  const from = [...query.whitelist, ...query.accessList]
  await accessLists.add(
    key.id,
    from.map((cidrBlock) => ({ cidrBlock })),
  )
  const facts = { ...caller.actor, orgId: org, targetUsername: made.username }
  await events.record('USER_CREATED', facts)
  await events.record('API_KEY_CREATED', { ...facts, targetPublicKey: key.publicKey })
  const user = (await members.get(made.id)) ?? made
  return { user: presentUser(user), programmaticApiKey: presentKey(key, privateKey) }
}
