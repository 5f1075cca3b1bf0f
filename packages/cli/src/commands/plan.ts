import type { JsonDocument } from '@gantry/client'
import { connectAccount } from '../account-target.js'
import type { Invocation } from '../command.js'
import { print, renderTable } from '../output.js'

export async function listPlans(call: Invocation): Promise<void> {
  const service = call.option('service')
  const plans = (await (await connectAccount(call)).listPlans()).filter(
    (plan) => service === undefined || plan.service_type === service,
  )
  print(call, plans as unknown as JsonDocument[], () =>
    renderTable(
      ['TYPE', 'REGION', 'SIZE', 'A MONTH', 'ID'],
      plans.map((plan) => [
        plan.instance_type,
        plan.region,
        plan.size,
        (plan.cost / 100).toFixed(2),
        plan.id,
      ]),
    ),
  )
}
