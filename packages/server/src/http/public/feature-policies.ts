import { featurePolicies, publicApi } from '@gantry/api'
import type { ControlledFeatures } from '../../control/feature-policies/feature-policies.js'
import type { Json } from './result.js'
import { type PublicRoute, route } from './route.js'

export const featurePolicyRoutes: readonly PublicRoute[] = [
  route(publicApi.listAvailablePolicies, () => ({
    policies: featurePolicies.map((policy) => ({ policy })),
  })),
  route(publicApi.getControlledFeature, ({ control, group }) =>
    present(control.featurePolicies.get(group.id)),
  ),
  route(publicApi.putControlledFeature, async ({ control, group, body, now }) => {
    const { externalManagementSystem: system, policies = [] } = body
    const wanted = { ...(system && { system }), policies }
    return present(await control.featurePolicies.put(group.id, wanted, now()))
  }),
]

function present(features: ControlledFeatures | undefined): Json {
  if (!features) return { policies: [] }
  const { createdMs, updatedMs, system, policies } = features
  return {
    created: new Date(createdMs),
    externalManagementSystem: system && { ...system },
    policies: policies.map((policy) => ({ ...policy })),
    updated: new Date(updatedMs),
  }
}
