import { reads, v1Endpoint } from './endpoint.js'

export const getProfile = v1Endpoint({
  audit: reads,
  path: '/profiler/get',
  summary: 'Answers the entries that match in the profiles of all databases.',
  doc: 'optional',
  returns: 'list',
})

export const getProfilingLevels = v1Endpoint({
  audit: reads,
  path: '/profiling_level/get',
  summary: 'Answers the profiling level of each database, and what counts as slow.',
  doc: 'ignored',
  returns: 'data',
})

export const setProfilingLevel = v1Endpoint({
  audit: 'PROFILING_LEVEL_CHANGED',
  path: '/profiling_level/set',
  summary: 'Sets the profiling level of one database or all, and what counts as slow.',
  doc: 'required',
  returns: 'data',
})
