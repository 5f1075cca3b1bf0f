export type { Presence, V1Endpoint, V1Returns } from './v1/endpoint.js'
export { v1Endpoint } from './v1/endpoint.js'
export * as v1 from './v1/endpoints.js'
