import { v2 } from '@gantry/api'
import type { Dashboard } from '../../control/dashboards/dashboards.js'
import { route } from './route.js'
import { toWritable } from './values.js'

export const dashboardRoutes = [
  route(v2.listDashboards, async ({ control, account }) =>
    (await control.dashboards.list(account)).map(present),
  ),
  route(v2.createDashboard, async ({ control, account, body, noted }) => {
    noted.dashboard = body.name
    return present(await control.dashboards.create(account, contentOf(body)))
  }),
  route(v2.getDashboard, async ({ control, account, params }) =>
    present(await control.dashboards.get(account, params.id)),
  ),
  route(v2.updateDashboard, async ({ control, account, params, body, noted }) => {
    noted.dashboard = body.name
    return present(await control.dashboards.update(account, params.id, contentOf(body)))
  }),
  route(v2.deleteDashboard, async ({ control, account, params, noted }) => {
    noted.dashboard = (await control.dashboards.get(account, params.id)).name
    await control.dashboards.delete(account, params.id)
    return {}
  }),
]

function contentOf({ name, graphs = [] }: { name: string; graphs?: readonly unknown[] }) {
  return { name, graphs: JSON.stringify(graphs) }
}

function present({ id, name, graphs }: Dashboard) {
  return { id, name, graphs: toWritable(JSON.parse(graphs)) }
}
