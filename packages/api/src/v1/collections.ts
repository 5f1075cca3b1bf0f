import { reads, v1Endpoint } from './endpoint.js'

export const getCollectionStats = v1Endpoint({
  audit: reads,
  path: '/db/{db}/collection/{collection}/stats/get',
  summary: 'Answers statistics of a collection.',
  doc: 'ignored',
  returns: 'data',
})

export const addIndex = v1Endpoint({
  audit: 'INDEX_CREATED',
  path: '/db/{db}/collection/{collection}/index/add',
  summary: 'Makes an index over one field, in either direction.',
  doc: 'required',
  returns: 'data',
})
