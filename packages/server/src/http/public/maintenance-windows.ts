import { publicApi } from '@gantry/api'
import type { MaintenanceWindow } from '../../control/maintenance-windows/maintenance-window.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type PublicRoute, route } from './route.js'

export const maintenanceWindowRoutes: readonly PublicRoute[] = [
  route(publicApi.listMaintenanceWindows, ({ control, group, now }) =>
    listing(control.maintenanceWindows.ahead(group.id, now()), present),
  ),
  route(publicApi.getMaintenanceWindow, ({ control, group, params }) =>
    present(control.maintenanceWindows.get(group.id, params.windowId)),
  ),
  route(publicApi.createMaintenanceWindow, async ({ control, group, body, now }) =>
    present(await control.maintenanceWindows.create(group.id, body, now())),
  ),
  route(publicApi.updateMaintenanceWindow, async ({ control, group, params, body, now }) => {
    const window = control.maintenanceWindows.get(group.id, params.windowId)
    return present(await control.maintenanceWindows.update(window, body, now()))
  }),
  route(publicApi.deleteMaintenanceWindow, async ({ control, group, params }) => {
    await control.maintenanceWindows.remove(
      control.maintenanceWindows.get(group.id, params.windowId),
    )
    return undefined
  }),
]

function present(window: MaintenanceWindow): Entity {
  const { id, project, alertTypeNames, description } = window
  return {
    alertTypeNames,
    created: new Date(window.createdMs),
    description,
    endDate: new Date(window.endMs),
    groupId: project,
    id,
    startDate: new Date(window.startMs),
    updated: new Date(window.updatedMs),
    links: [
      self(path`/groups/${project}/maintenanceWindows/${id}`),
      linkTo('group', path`/groups/${project}`),
    ],
  }
}
