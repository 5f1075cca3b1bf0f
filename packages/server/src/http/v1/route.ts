import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Presence, V1Endpoint, V1Returns } from '@gantry/api'
import { encodeDocument, RawValue, type Writable } from '@gantry/bson'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import { AppError } from '../../errors.js'
import { receiveBody } from '../receive-body.js'
import { readBody } from './body.js'
import { LIST_HEAD, LIST_TAIL, presentCount, presentData, presentList } from './dialect.js'
import { LARGE_BYTES, readLargeBody } from './large.js'
import { listText } from './list-text.js'
import { readPath } from './path.js'

/** What a handler resolves with, by what its endpoint returns. */
interface Results {
  data: Writable
  list: AsyncIterable<readonly RawValue[]>
  count: number
}

/** What a handler is given: the call as it was meant, checked as far as the endpoint says. */
export interface V1Call {
  readonly control: Control
  readonly instance: Instance
  /** Path parameters, decoded. */
  readonly params: { readonly [name: string]: string }
  readonly doc: RawValue
  readonly set: RawValue
  /** Documents that one call may answer; 0 is no limit. */
  readonly resultLimit: number
}

type Handler<Returns extends V1Returns> = (
  call: V1Call,
) => Promise<Results[Returns]> | Results[Returns]

/** An endpoint and what serves it. */
export interface V1Route {
  readonly endpoint: V1Endpoint
  readonly handle: Handler<V1Returns>
}

export function route<Returns extends V1Returns>(
  endpoint: V1Endpoint<Returns>,
  handle: Handler<Returns>,
): V1Route {
  return { endpoint, handle: handle as Handler<V1Returns> }
}

/** The body's limit: the largest document and room for what stands around it. */
export const BODY_LIMIT = 16 * 1024 * 1024 + 64 * 1024

/** A client that takes nothing of a list for so long is cut off. */
const STALLED_MS = 60_000

/** A list of fewer bytes is made as a whole, which is much cheaper than a stream. */
const SHORT_BYTES = 64 * 1024

const EMPTY = RawValue.document(encodeDocument({}))

export interface V1Options {
  readonly control: Control
  readonly resultLimit: number
}

/** Serves a route: for POST, and for GET in the same way. */
export function addRoute(app: FastifyInstance, options: V1Options, { endpoint, handle }: V1Route) {
  const names = endpoint.path
    .split('/')
    .slice(1)
    .map((segment) => /^\{(\w+)\}$/.exec(segment)?.[1])
  app.route({
    method: ['GET', 'POST'],
    url: endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    async handler(request, reply) {
      const { segments, query } = readPath(request.url)
      const call = await readCall(request.raw, query, options, endpoint)
      const result = await handle({ ...call, params: paramsOf(names, segments) })
      reply.header('content-type', 'application/json')
      switch (endpoint.returns) {
        case 'data':
          return reply.send(await presentData(result as Results['data']))
        case 'count':
          return reply.send(presentCount(result as Results['count']))
        case 'list':
          return sendList(reply, result as Results['list'], options.resultLimit)
      }
    },
  })
}

/** The framework's own parameters are of no use: it does not know UTF-8 that is not escaped. */
function paramsOf(names: readonly (string | undefined)[], segments: readonly string[]) {
  const params: { [name: string]: string } = {}
  names.forEach((name, i) => {
    if (name !== undefined) params[name] = segments[i]
  })
  return params
}

async function readCall(
  message: IncomingMessage,
  query: string,
  { control, resultLimit }: V1Options,
  endpoint: V1Endpoint,
): Promise<Omit<V1Call, 'params'>> {
  const bytes = await receiveBody(message, BODY_LIMIT)
  const contentType = message.headers['content-type']
  const body =
    bytes.length < LARGE_BYTES
      ? readBody(bytes, contentType, query)
      : await readLargeBody(bytes, contentType)
  const instance = control.instances.byApiKey(body.apiKey)
  if (!instance) throw new AppError('unauthenticated', 'invalid API key')
  if (!endpoint.services.includes(instance.service)) {
    throw new AppError('unsupported', `not supported for service ${instance.service}`)
  }
  const { doc, set } = body.documents()
  return {
    control,
    instance,
    doc: present('doc', endpoint.doc, doc),
    set: present('set', endpoint.set, set),
    resultLimit,
  }
}

function present(name: string, presence: Presence, value: Buffer | undefined): RawValue {
  if (value !== undefined) return RawValue.document(value)
  if (presence === 'required') throw new AppError('invalid', `missing parameter: ${name}`)
  return EMPTY
}

/** One buffer when the list is short; otherwise as fast as the client takes it. */
async function sendList(reply: FastifyReply, batches: Results['list'], limit: number) {
  // With a limit everything is made first, as an answer that is under way cannot become an error.
  if (limit > 0) {
    const chunks: Buffer[] = []
    for await (const chunk of listText(atMost(batches, limit), LIST_HEAD, LIST_TAIL))
      chunks.push(chunk)
    return reply.send(Buffer.concat(chunks))
  }
  const iterator = batches[Symbol.asyncIterator]()
  const begun: (readonly RawValue[])[] = []
  for (let size = 0; size < SHORT_BYTES; ) {
    const { done, value } = await iterator.next()
    if (done) return reply.send(presentList(begun.length === 1 ? begun[0] : begun.flat()))
    begun.push(value)
    for (const document of value) size += document.size
  }
  reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy())
  const text = listText(following(begun, iterator), LIST_HEAD, LIST_TAIL)
  return reply.send(Readable.from(text, { objectMode: false }))
}

async function* following<T>(begun: readonly T[], rest: AsyncIterator<T>) {
  try {
    yield* begun
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

async function* atMost(batches: Results['list'], limit: number) {
  let count = 0
  for await (const batch of batches) {
    count += batch.length
    if (count > limit) throw new AppError('invalid', `more than ${limit} documents match`)
    yield batch
  }
}
