import { boolean, integer, list, named, number, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'

const area = 'databases'
const services = ['mongodb'] as const

const databaseSummary = named(
  'DatabaseSummary',
  object({
    name: text(),
    object_count: integer(),
    average_object_size_in_bytes: number(),
    collection_count: integer(),
    data_size_in_bytes: integer(),
    storage_size_in_bytes: integer(),
    index_count: integer(),
    index_size_in_bytes: integer(),
    file_size_in_bytes: integer(),
  }),
)

const databaseStats = named(
  'DatabaseStats',
  object({
    avgObjSize: number(),
    dataSize: integer(),
    storageSize: integer(),
    numExtents: integer(),
    nsSize: integer(),
    objects: integer(),
    indexes: integer(),
    indexSize: integer(),
    fileSize: integer(),
    extentFreeList: object({ num: integer(), totalSize: integer() }),
    ok: number(),
    raw: record(record({}), { description: 'by shard' }),
  }),
)

const collectionStats = named(
  'CollectionStats',
  object({
    ns: text(),
    count: integer(),
    size: integer(),
    avgObjSize: number(),
    storageSize: integer(),
    numExtents: integer(),
    nindexes: integer(),
    indexSizes: record(integer()),
    totalIndexSize: integer(),
    lastExtentSize: integer(),
    paddingFactor: number(),
    systemFlags: integer(),
    userFlags: integer(),
    ok: number(),
    primary: text(),
    sharded: boolean(),
  }),
)

export const listDatabases = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/databases/',
  summary: 'Answers the databases of the instance with their sizes.',
  area,
  services,
  reply: list(databaseSummary),
})

export const createDatabase = v2Endpoint({
  method: 'POST',
  audit: 'DATABASE_CREATED',
  path: '/v2/mongodb/{instance}/databases/',
  summary: 'Makes a database if it is not there, and a user in it; one who is gets the password.',
  area,
  services,
  body: object({
    name: text({ minLength: 1 }),
    username: text({ minLength: 1 }),
    password: text({ minLength: 1 }),
  }),
  reply: databaseStats,
})

export const getDatabase = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/databases/{database}/',
  summary: 'Answers statistics of a database.',
  area,
  services,
  reply: databaseStats,
})

export const deleteDatabase = v2Endpoint({
  method: 'DELETE',
  audit: 'DATABASE_DROPPED',
  path: '/v2/mongodb/{instance}/databases/{database}/',
  summary: 'Deletes a database with its users.',
  area,
  services,
  reply: text(),
})

export const listCollections = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/databases/{database}/collections/',
  summary: 'Answers the names of the collections of a database.',
  area,
  services,
  reply: list(text()),
})

export const createCollection = v2Endpoint({
  method: 'POST',
  audit: 'COLLECTION_CREATED',
  path: '/v2/mongodb/{instance}/databases/{database}/collections/',
  summary: 'Makes a collection, sharded by the keys where the instance is sharded.',
  area,
  services,
  body: object(
    { name: text({ minLength: 1 }) },
    {
      optional: {
        shard_keys: list(object({ key: text({ minLength: 1 }), hashed: boolean() })),
      },
    },
  ),
  reply: text(),
})

export const getCollection = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/databases/{database}/collections/{collection}/',
  summary: 'Answers statistics of a collection.',
  area,
  services,
  reply: collectionStats,
})

export const getAggregateDatabaseStats = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/aggregate_database_stats/',
  summary: 'Answers what all databases take together.',
  area,
  services,
  reply: named(
    'AggregateDatabaseStats',
    object({
      avgObjSize: integer(),
      dataSize: integer(),
      fileSize: integer(),
      indexSize: integer(),
      indexes: integer(),
      nsSize: integer(),
      numExtents: integer(),
      objects: integer(),
      storageSize: integer(),
    }),
  ),
})
