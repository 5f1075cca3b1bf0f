import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ErrorDocument } from './errors.js'
import { jsonText } from './json-text.js'
import type { Download, Json } from './result.js'

/** How the client wants an answer to be written. */
export interface Form {
  readonly pretty: boolean
  readonly envelope: boolean
}

type Headers = { readonly [name: string]: string | readonly string[] | undefined }

/** What is answered, before it is written. */
export type Answer =
  | {
      readonly kind: 'list'
      readonly status: number
      readonly value: { readonly [name: string]: Json | undefined }
      readonly headers?: Headers
    }
  | {
      readonly kind: 'value'
      readonly status: number
      readonly value: Json
      readonly headers?: Headers
    }
  | {
      readonly kind: 'bytes'
      readonly status: number
      readonly value: Download
      readonly headers?: Headers
    }

/** An error document as an answer. */
export function failed(value: ErrorDocument, headers: Headers): Answer {
  return { kind: 'value', status: value.error, value, headers }
}

/** Writes an answer; of the body nothing for HEAD, whose headers are those of GET. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  form: Form,
  isHead: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) response.setHeader(name, value)
  }
  response.statusCode = answer.status
  if (answer.kind === 'bytes') return sendBytes(response, answer.value, isHead)
  const body = Buffer.from(jsonText(inForm(answer, form), form.pretty))
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('content-length', body.length)
  response.end(isHead ? undefined : body)
}

function inForm({ kind, status, value }: Exclude<Answer, { kind: 'bytes' }>, form: Form): Json {
  if (!form.envelope) return value
  return kind === 'list' ? { ...value, status } : { content: value, status }
}

async function sendBytes(
  response: ServerResponse,
  { type, body, fileName, size }: Download,
  isHead: boolean,
): Promise<void> {
  response.setHeader('content-type', type)
  if (fileName !== undefined) {
    response.setHeader('content-disposition', `attachment; filename="${fileName}"`)
  }
  const length = Buffer.isBuffer(body) ? body.length : size
  if (length !== undefined) response.setHeader('content-length', length)
  if (!isHead) return pipeline(Readable.from(Buffer.isBuffer(body) ? [body] : body), response)
  if (body instanceof Readable) body.destroy()
  response.end()
}
