/**
 * The library that speaks to Redis, in a module of its own: what is imported when it is first
 * needed must be a module of ours, as the bundle keeps the names of no other.
 */
export { createClient, ErrorReply } from '@redis/client'
