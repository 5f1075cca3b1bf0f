export type { Audit, EventType } from './event-types.js'
export { eventTypes } from './event-types.js'
export {
  alertStatuses,
  matcherFieldNames,
  matcherOperators,
  thresholdOperators,
  thresholdUnits,
} from './public/alert-words.js'
export type {
  GlobalRole,
  GroupRole,
  OrgRole,
  PublicAccess,
  PublicEndpoint,
  PublicMethod,
  PublicReturns,
  QueryParameter,
} from './public/endpoint.js'
export {
  globalRoles,
  groupRoles,
  idParameters,
  orgRoles,
  PUBLIC_PREFIX,
  publicEndpoint,
} from './public/endpoint.js'
export * as publicApi from './public/endpoints.js'
export type { PublicErrors } from './public/errors/error.js'
export { publicErrors } from './public/errors/errors.js'
export { featurePolicies } from './public/feature-policy-words.js'
export type { BodyOf, Field, Fields, JsonValue, ValueOf } from './public/fields.js'
export type { DeliveredNotification } from './public/notifications.js'
export {
  deliveredNotifications,
  notificationField,
  notificationSecrets,
} from './public/notifications.js'
export type { Admitted, Schema } from './schema.js'
export type { Presence, V1Endpoint, V1Returns } from './v1/endpoint.js'
export { v1Endpoint } from './v1/endpoint.js'
export * as v1 from './v1/endpoints.js'
export type {
  ParametersOf,
  V2Authentication,
  V2Body,
  V2Endpoint,
  V2Method,
  V2Query,
  V2Reply,
  V2Service,
} from './v2/endpoint.js'
export { v2Endpoint } from './v2/endpoint.js'
export * as v2 from './v2/endpoints.js'
