import { anything, list, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { document, id, instanceName } from './values.js'

const dashboardFields = { id, name: text(), graphs: list(anything()) }
const dashboard = object(dashboardFields)
const dashboardBody = object(
  { name: text({ minLength: 1 }) },
  { optional: { graphs: list(anything()) } },
)
const dashboards = { area: 'dashboards' }

export const listDashboards = v2Endpoint({
  method: 'GET',
  path: '/v2/dashboards/',
  summary: 'Answers the dashboards of the account.',
  ...dashboards,
  reply: list(dashboard),
})

export const createDashboard = v2Endpoint({
  method: 'POST',
  audit: 'DASHBOARD_CREATED',
  path: '/v2/dashboards/',
  summary: 'Keeps a dashboard.',
  ...dashboards,
  body: dashboardBody,
  reply: dashboard,
})

export const getDashboard = v2Endpoint({
  method: 'GET',
  path: '/v2/dashboards/{id}/',
  summary: 'Answers a dashboard.',
  ...dashboards,
  reply: dashboard,
})

export const updateDashboard = v2Endpoint({
  method: 'PUT',
  audit: 'DASHBOARD_CHANGED',
  path: '/v2/dashboards/{id}/',
  summary: 'Replaces a dashboard.',
  ...dashboards,
  body: dashboardBody,
  reply: dashboard,
})

export const deleteDashboard = v2Endpoint({
  method: 'DELETE',
  audit: 'DASHBOARD_DELETED',
  path: '/v2/dashboards/{id}/',
  summary: 'Deletes a dashboard.',
  ...dashboards,
  reply: object({}),
})

const casters = { area: 'casters' }

export const listCasters = v2Endpoint({
  method: 'GET',
  path: '/v2/casters/',
  summary: 'Answers the casters of the account, of which this server has none.',
  ...casters,
  reply: list(document),
})

export const getCaster = v2Endpoint({
  method: 'GET',
  path: '/v2/casters/{id}/',
  summary: 'Answers a caster.',
  ...casters,
  reply: record({}),
})

const remote = { area: 'remote instances' }

export const listRemoteInstances = v2Endpoint({
  method: 'GET',
  path: '/v2/remote_instances/',
  summary: 'Answers the instances that are held elsewhere, of which this server knows none.',
  ...remote,
  reply: list(document),
})

export const getRemoteInstance = v2Endpoint({
  method: 'GET',
  path: '/v2/remote_instances/{name}/',
  summary: 'Answers an instance that is held elsewhere.',
  ...remote,
  reply: document,
})

export const deleteRemoteInstance = v2Endpoint({
  method: 'DELETE',
  audit: { none: 'there is none' },
  path: '/v2/remote_instances/{name}/',
  summary: 'Forgets an instance that is held elsewhere.',
  ...remote,
  reply: object({}),
})

export const renameRemoteInstance = v2Endpoint({
  method: 'POST',
  audit: { none: 'there is none' },
  path: '/v2/remote_instances/{name}/rename/',
  summary: 'Gives an instance that is held elsewhere another name.',
  ...remote,
  body: object({ name: instanceName }),
  reply: text(),
})
