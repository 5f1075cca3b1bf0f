import { v1Endpoint } from './endpoint.js'

export const getProfile = v1Endpoint({
  path: '/profiler/get',
  summary: 'Answers the entries that match in the profiles of all databases.',
  doc: 'optional',
  returns: 'list',
})

export const getProfilingLevels = v1Endpoint({
  path: '/profiling_level/get',
  summary: 'Answers the profiling level of each database, and what counts as slow.',
  doc: 'ignored',
  returns: 'data',
})

export const setProfilingLevel = v1Endpoint({
  path: '/profiling_level/set',
  summary: 'Sets the profiling level of one database or all, and what counts as slow.',
  doc: 'required',
  returns: 'data',
})
