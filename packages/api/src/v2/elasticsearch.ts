import { boolean, choice, list, named, object, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { instance } from './instances.js'
import { document, id } from './values.js'

const area = 'elasticsearch'
const services = ['elasticsearch'] as const

export const listElasticsearch = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/',
  summary: 'Answers the Elasticsearch instances of the account.',
  area,
  reply: list(instance),
})

export const getElasticsearch = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/{instance}/',
  summary: 'Answers one Elasticsearch instance, as a list.',
  area,
  services,
  reply: list(instance),
})

export const checkStates = v2Endpoint({
  method: 'POST',
  audit: { none: 'it reads' },
  path: '/v2/elasticsearch/check_states/',
  summary: 'Answers of instances of any service, by id, whether each is in one of the states.',
  area,
  body: object({
    instance_list: list(text()),
    states: list(choice(['COMPLETED', 'ACTIVE', 'RESIZE', 'ERROR'])),
  }),
  reply: list(boolean()),
})

export const getCluster = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/{instance}/cluster/',
  summary: "Answers the cluster's statistics, with the names of its version.",
  area,
  services,
  reply: document,
})

export const getNodes = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/{instance}/nodes/',
  summary: 'Answers the statistics of all nodes, with the names of their version.',
  area,
  services,
  reply: document,
})

export const getIndices = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/{instance}/indices/',
  summary: 'Answers the statistics of all indices, with the names of their version.',
  area,
  services,
  reply: document,
})

export const listDataNodes = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/{instance}/data_nodes/',
  summary: 'Answers the nodes that hold data, and the builds of those that are to.',
  area,
  services,
  reply: object({ active: list(document), builds: list(id) }),
})

export const addDataNode = v2Endpoint({
  method: 'POST',
  audit: 'INSTANCE_RESIZED',
  path: '/v2/elasticsearch/{instance}/data_nodes/',
  summary: 'Begins to add a node that holds data, and answers the id of its build.',
  area,
  services,
  reply: id,
})

const role = choice(['admin', 'readonly'])
const user = named('ElasticsearchUser', object({ role, username: text() }))

export const listElasticsearchUsers = v2Endpoint({
  method: 'GET',
  path: '/v2/elasticsearch/{instance}/users/',
  summary: 'Answers who may use the instance, without passwords.',
  area,
  services,
  reply: list(user),
})

export const saveElasticsearchUser = v2Endpoint({
  method: 'POST',
  audit: 'DATABASE_USER_ADDED',
  path: '/v2/elasticsearch/{instance}/users/',
  summary: 'Makes a user, or gives one a new password and role.',
  area,
  services,
  body: object({ username: text(), password: text(), role }),
  reply: user,
})

export const deleteElasticsearchUser = v2Endpoint({
  method: 'DELETE',
  audit: 'DATABASE_USER_REMOVED',
  path: '/v2/elasticsearch/{instance}/users/',
  summary: 'Deletes a user, named in the body, or in the query where a proxy drops bodies.',
  area,
  services,
  query: object({}, { optional: { username: text() } }),
  body: object({}, { optional: { username: text() } }),
  reply: object({ username: text() }),
})
