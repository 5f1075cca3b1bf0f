export { type AccountClient, createAccountClient, type SignedIn, signIn } from './account-client.js'
export type { CallOptions, Client, ClientOptions, DocumentInput } from './client.js'
export { createClient } from './client.js'
export { ApiError, ConnectionError, type FailureKind, ReplyError } from './errors.js'
export { formatJson, type JsonDocument, type JsonValue, parseJson } from './json.js'
export type {
  AclReply,
  DatabaseReply,
  InstanceReply,
  LogLine,
  OperationReply,
  Replies,
  SpaceReply,
} from './replies.js'
export { createTransport, type Transport, type TransportOptions } from './transport.js'
