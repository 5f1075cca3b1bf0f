import type { IncomingMessage } from 'node:http'
import type { Presence, V1Endpoint } from '@gantry/api'
import { encodeDocument, RawValue } from '@gantry/bson'
import type { Control } from '../../control/control.js'
import { AppError } from '../../errors.js'
import { receiveBody } from '../receive-body.js'
import { readBody } from './body.js'
import { LARGE_BYTES, readLargeBody } from './large.js'
import type { V1Call } from './route.js'

export interface CallOptions {
  readonly control: Control
  readonly resultLimit: number
}

/** The body's limit: the largest document and room for what stands around it. */
export const BODY_LIMIT = 16 * 1024 * 1024 + 64 * 1024

const NOTHING = Object.freeze({})
const EMPTY = RawValue.document(encodeDocument({}))

/** Reads what a request asks for: its key first, then everything else. */
export async function readCall(
  message: IncomingMessage,
  query: string,
  { control, resultLimit }: CallOptions,
  endpoint: V1Endpoint,
  params: V1Call['params'],
): Promise<V1Call> {
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
    params,
    doc: present('doc', endpoint.doc, doc),
    set: present('set', endpoint.set, set),
    noted: typeof endpoint.audit === 'string' ? {} : NOTHING,
    resultLimit,
  }
}

function present(name: string, presence: Presence, value: Buffer | undefined): RawValue {
  if (value !== undefined) return RawValue.document(value)
  if (presence === 'required') throw new AppError('invalid', `missing parameter: ${name}`)
  return EMPTY
}
