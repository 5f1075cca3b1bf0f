import { v2 } from '@gantry/api'
import type { Plan } from '../../control/plans/plan.js'
import { AppError } from '../../errors.js'
import { route } from './route.js'

export const planRoutes = [
  route(v2.listPlans, ({ control }) => control.catalog.plans.map(present)),
  route(v2.getPlan, ({ control, params }) => {
    const plan = control.catalog.plans.find(({ id }) => id === params.id)
    if (!plan) throw new AppError('not_found', 'plan not found')
    return present(plan)
  }),
]

function present({ id, cost, region, service, type, size }: Plan) {
  return { cost, id, instance_type: type, region, service_type: service, size }
}
