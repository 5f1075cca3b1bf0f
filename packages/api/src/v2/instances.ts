import {
  anything,
  boolean,
  choice,
  either,
  integer,
  list,
  named,
  nothing,
  object,
  record,
  text,
} from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { date, id, instanceName, objectId, service, timeText } from './values.js'

const elasticsearchUrls = object({ http: text(), https: text(), transport: text() })

const common = {
  id,
  name: text(),
  service,
  type: text(),
  version: text(),
  zone: text(),
  api_key: text({ pattern: '^[0-9a-f]{32}$' }),
  plan: integer(),
  created: timeText,
  caster: either(nothing(), text()),
  state: text(),
}

const particular = {
  connect_string: text(),
  ssl_connect_string: text(),
  connection_strings: object({ public: elasticsearchUrls, servicenet: elasticsearchUrls }),
  clb_id: nothing(),
  password: text(),
  public_connect_string: text(),
  servicenet_connect_string: text(),
  encrypted: boolean(),
  settings: record(anything()),
  storage_engine: text(),
}

export const instance = named('Instance', object(common, { optional: particular }))

/** What is made, as an instance and as the order to build it. */
const build = named(
  'InstanceBuild',
  object(
    {
      ...common,
      _id: objectId,
      ansible_group: nothing(),
      build_id: id,
      dtcreated: date,
      instance_name_prior: nothing(),
      instance_service: service,
      instance_type: text(),
      login: text(),
      login_prior: nothing(),
    },
    {
      optional: {
        ...particular,
        mongodb_version: text(),
        redis_version: text(),
        elasticsearch_version: text(),
      },
    },
  ),
)

const area = 'instances'

export const listInstances = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/',
  summary: 'Answers the instances of the account.',
  area,
  reply: list(instance),
})

export const getInstance = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/',
  summary: 'Answers an instance.',
  area,
  reply: instance,
})

export const createInstance = v2Endpoint({
  method: 'POST',
  audit: 'INSTANCE_CREATED',
  path: '/v2/instances/',
  summary: 'Makes an instance.',
  area,
  body: object(
    {
      name: instanceName,
      plan: either(integer(), text({ pattern: '^[0-9]{1,9}$' })),
      service,
      type: text(),
      version: text(),
      zone: text(),
    },
    {
      optional: {
        storage_engine: choice(['mmapv1', 'wiredTiger']),
        encrypted: boolean(),
        mode: choice(['embedded', 'managed', 'attached'], {
          description: 'how it is run; the server chooses when this is not given',
        }),
        uri: text({ description: 'of what is attached, which lives elsewhere' }),
      },
    },
  ),
  reply: build,
})

export const deleteInstance = v2Endpoint({
  method: 'DELETE',
  audit: 'INSTANCE_DELETED',
  path: '/v2/instances/{instance}/',
  summary: 'Deletes an instance with its data, key and ACLs.',
  area,
  reply: text(),
})

export const renameInstance = v2Endpoint({
  method: 'POST',
  audit: 'INSTANCE_RENAMED',
  path: '/v2/instances/{instance}/rename/',
  summary: 'Gives an instance another name.',
  area,
  body: object({ name: instanceName }),
  reply: text(),
})
