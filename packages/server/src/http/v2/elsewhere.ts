import { v2 } from '@gantry/api'
import { AppError } from '../../errors.js'
import { route } from './route.js'

/** What the original service had and a server of one's own has not: there are none of these. */
export const elsewhereRoutes = [
  route(v2.listCasters, () => []),
  route(v2.getCaster, () => none('caster')),
  route(v2.listRemoteInstances, () => []),
  route(v2.getRemoteInstance, () => none('remote instance')),
  route(v2.deleteRemoteInstance, () => none('remote instance')),
  route(v2.renameRemoteInstance, () => none('remote instance')),
]

function none(what: string): never {
  throw new AppError('not_found', `${what} not found`)
}
