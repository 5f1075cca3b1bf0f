/**
 * One call of the Public API. What is checked, and in which order, stands here once: transport,
 * path and method, credentials, from where they are used, ids, what exists, who may, how often,
 * and at last what the call itself says.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Field, PUBLIC_PREFIX, type PublicEndpoint, type PublicMethod } from '@gantry/api'
import { plainAddress } from '../../addresses/address-range.js'
import { anybody } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { EventFacts } from '../../control/events/event.js'
import { refusal } from '../../control/refusal.js'
import { AppError } from '../../errors.js'
import { recordCall } from '../audit.js'
import { receiveBody } from '../receive-body.js'
import { noteRoute } from '../request-meter.js'
import type { Answer } from './answer.js'
import { authenticate, checkAddress } from './authenticate.js'
import { authorize, findScope } from './authorize.js'
import { checkBody, parseBody } from './body.js'
import type { DigestOptions } from './digest.js'
import { drain } from './drain.js'
import { checkEchoes } from './echoes.js'
import { answeredBy, transportThere } from './elsewhere.js'
import { withHeaders } from './error-headers.js'
import { otherParameters, pageOf } from './lists.js'
import type { Presenter } from './present.js'
import { checkForm, readPaging, readQuery } from './query.js'
import type { RateLimit } from './rate-limit.js'
import { type Download, type Entity, type Json, type Listing, selfOf } from './result.js'
import type { Call, PublicRoute, PublicSettings } from './route.js'
import type { FindRoutes, Found } from './router.js'
import type { Target } from './target.js'
import { checkTransport, type Transport, type TransportOptions, transportOf } from './transport.js'
import type { Walks } from './walks.js'

/** Everything that calls share. */
export interface Parts {
  readonly control: Control
  readonly settings: PublicSettings
  readonly transport: TransportOptions
  readonly digest: DigestOptions
  readonly rates: RateLimit
  readonly walks: Walks
  readonly find: FindRoutes
  readonly presenter: Presenter
  readonly now: () => number
  /** Is told of failures that are not the client's. */
  readonly failed: (error: unknown, request: IncomingMessage) => void
}

/** A call whose query and body have not been looked at. */
type Opened = Omit<Call, 'body' | 'query'>

const BODY_LIMIT = 16 * 1024 * 1024
const EMPTY = Buffer.alloc(0)

/** A request, and what it is to be answered with. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Does what a request asks for. Rejects with what is to be answered instead; undefined when
 * another server has answered.
 */
export async function answerTo(
  parts: Parts,
  exchange: Exchange,
  target: Target,
  query: URLSearchParams,
): Promise<Answer | undefined> {
  const { request } = exchange
  // All of it is taken in before anything is answered: many clients send their body with a
  // request that has no credentials yet.
  const bytes = await takeBody(request)
  const there = transportThere(request, parts.control)
  if (!there) checkTransport(request, parts.transport)
  const place = findRoute(parts, request, target)
  noteRoute(request, place.route.endpoint.path)
  const transport = there ?? transportOf(request, parts.transport)
  const { base } = transport
  const opened = await open(parts, request, place, transport, there !== undefined)
  const home = there ? undefined : homeOf(parts, opened)
  if (home && (await answeredBy(home, parts.control, exchange, transport))) return undefined
  checkForm(query)
  const call = await readCall(request, place, opened, query, bytes)
  const { endpoint, handle } = place.route
  const paging = endpoint.returns === 'list' ? readPaging(query) : undefined
  const result = await handle(call)
  await recordCall(parts.control.events, endpoint.audit, () => factsOf(call))
  const isCreation = endpoint.method === 'POST' && endpoint.returns !== 'nothing'
  const status = call.answer.status ?? endpoint.status ?? (isCreation ? 201 : 200)
  if (!paging) return answerOf(parts.presenter, endpoint, result, base, status)
  const list = [target.path, otherParameters(target.query), paging.itemsPerPage].join(' ')
  const walk = parts.walks.of(request.socket, call.caller.key?.id ?? '', list)
  const origin = base.slice(0, base.length - PUBLIC_PREFIX.length)
  const options = { paging, address: origin + target.path, query: target.query, walk }
  const page = await pageOf(result as Listing, options)
  return { kind: 'list', status, value: parts.presenter.page(page, base) }
}

/** Who did it and where, and what the handler has to say of it. */
function factsOf({ caller, group, org, noted }: Call): EventFacts {
  const [project, organisation] = [group, org] as readonly ({ id: string } | undefined)[]
  const where = project ? { groupId: project.id } : { orgId: organisation?.id }
  return { ...caller.actor, ...where, ...noted }
}

interface Place {
  readonly found: Found
  readonly route: PublicRoute
}

/** The body, or the failure to be told when the body's turn has come. */
async function takeBody(request: IncomingMessage): Promise<Buffer | AppError> {
  const isOpen = request.url?.includes('/unauth/')
  if (request.headers.authorization === undefined && !isOpen) {
    await drain(request)
    return EMPTY
  }
  return receiveBody(request, BODY_LIMIT).catch((error: unknown) => {
    if (error instanceof AppError) return error
    throw error
  })
}

function findRoute(
  { find }: Parts,
  { method = '' }: IncomingMessage,
  { segments, path }: Target,
): Place {
  const found = segments && find(segments)
  if (!found) throw refusal('RESOURCE_NOT_FOUND', path)
  const { methods } = found
  const route = methods.get((method === 'HEAD' ? 'GET' : method) as PublicMethod)
  if (route) return { found, route }
  const allow = [...methods.keys()].flatMap((name) => (name === 'GET' ? [name, 'HEAD'] : [name]))
  throw withHeaders(refusal('METHOD_NOT_ALLOWED', method, path), { allow: allow.join(', ') })
}

/** Everything about who calls, and whether they may. */
async function open(
  { control, settings, digest, rates, now }: Parts,
  request: IncomingMessage,
  { found: { params }, route }: Place,
  { address, base }: Transport,
  isForwarded: boolean,
): Promise<Opened> {
  const { endpoint, admit } = route
  const shared = { control, settings, params, now, base, answer: {}, noted: {} }
  if (endpoint.who.scope === 'everybody') {
    const scope = findScope(endpoint, params, control)
    return { ...shared, caller: anybody(address), ...scope } as Opened
  }
  // Who has sent it on has looked whether it counts.
  const caller = await authenticate(request, digest, control, { address, isForwarded })
  if (!isForwarded) checkAddress(caller, control)
  await control.members.meet(control.instances.all().map((instance) => instance.account))
  const scope = findScope(endpoint, params, control)
  authorize(endpoint, caller, scope, control)
  const opened = { ...shared, caller, ...scope } as Opened
  await admit?.(opened)
  if (endpoint.accessList && settings.requireAccessList) {
    const isListed = control.accessLists.list(caller.listOwner).length > 0
    if (!isListed) throw refusal('RESOURCE_REQUIRES_ACCESS_LIST', plainAddress(address ?? ''))
  }
  if (scope.group && !isForwarded) await rates.count(scope.group.id)
  return opened
}

/** The other server that runs what a path is about. */
function homeOf({ control }: Parts, { group, params }: Opened): string | undefined {
  const { logCollectionJobId } = params as { readonly [name: string]: string | undefined }
  if (logCollectionJobId !== undefined) return control.logJobs.homeOf(logCollectionJobId)
  return group && control.topology.homeOf(group, params)
}

async function readCall(
  request: IncomingMessage,
  { found, route: { endpoint } }: Place,
  opened: Opened,
  query: URLSearchParams,
  bytes: Buffer | AppError,
): Promise<Call> {
  const field = bodyField(endpoint)
  // What nobody looks at may be anything.
  if (!field) return { ...opened, query: readQuery(query, endpoint.query), body: undefined } as Call
  try {
    if (bytes instanceof AppError) throw bytes
    const json = parseBody(bytes, request.headers['content-type'])
    const { body, echoes } = checkBody(json, field, bytes)
    const call = { ...opened, query: readQuery(query, endpoint.query), body } as Call
    if (echoes.length > 0) await checkEchoes(echoes, found.params, () => currentEntity(found, call))
    return call
  } catch (error) {
    // Whether there is anything to change comes before what is wrong with the change.
    if (endpoint.method !== 'POST') await currentEntity(found, opened as Call)
    throw error
  }
}

function bodyField({ body, items }: PublicEndpoint): Field | undefined {
  if (items) return { type: 'array', items }
  if (body === 'any') return { type: 'object' }
  return body && { type: 'object', fields: body }
}

/** What is at the path now, to be compared with what is sent. */
async function currentEntity({ methods }: Found, call: Call): Promise<Json | undefined> {
  const read = methods.get('GET')
  if (!read || read.endpoint.returns === 'list') return undefined
  return (await read.handle({ ...call, query: {} })) as Json
}

function answerOf(
  presenter: Presenter,
  { returns }: PublicEndpoint,
  result: unknown,
  base: string,
  status: number,
): Answer {
  switch (returns) {
    case 'entity': {
      const entity = result as Entity
      const headers = status === 201 ? { location: base + selfOf(entity) } : {}
      return { kind: 'value', status, value: presenter.entity(entity, base), headers }
    }
    case 'bytes':
      return { kind: 'bytes', status, value: result as Download }
    case 'nothing':
      return { kind: 'value', status, value: {} }
    default:
      return { kind: 'value', status, value: presenter.document(result as Json, base) }
  }
}
