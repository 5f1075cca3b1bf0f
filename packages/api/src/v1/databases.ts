import { reads, v1Endpoint } from './endpoint.js'

export const listDatabases = v1Endpoint({
  audit: reads,
  path: '/db',
  summary: 'Answers the databases of the instance with their statistics.',
  doc: 'ignored',
  returns: 'data',
})

export const addDatabase = v1Endpoint({
  audit: 'DATABASE_CREATED',
  path: '/db/{db}/add',
  summary: 'Makes a database if it is not there, and users in it with their passwords.',
  doc: 'required',
  returns: 'data',
})
