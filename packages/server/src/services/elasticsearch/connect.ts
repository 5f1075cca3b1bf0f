import { readFile } from 'node:fs/promises'
import type { Client, errors } from '@opensearch-project/opensearch'
import { AppError, type ErrorKind } from '../../errors.js'
import type { ElasticsearchAddress } from './uri.js'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [name: string]: Json | undefined }

/** What is at the other end. */
export interface Family {
  readonly name: 'elasticsearch' | 'opensearch'
  /** As it calls itself, `7.17.9`. */
  readonly version: string
  readonly major: number
}

export interface RequestOptions {
  readonly query?: { readonly [name: string]: string }
  readonly body?: JsonObject
}

/** A cluster of either family and any version since 1.0, by its HTTP interface. */
export interface ElasticsearchClient {
  /**
   * Resolves with the answer, which is an object. Rejects with `unavailable` when no node
   * answers or our credentials do not suffice, with `not_found` and `invalid` as the cluster
   * says, and with its own reason in every case.
   */
  request(method: string, path: string, options?: RequestOptions): Promise<JsonObject>
  /** Asked once and then known. */
  family(): Promise<Family>
  close(): Promise<void>
}

const TIMEOUT_MS = 30_000
const RETRIES = 2

/** Connects on the first request. Rejects when the file with certificates cannot be read. */
export async function connectElasticsearch(
  address: ElasticsearchAddress,
): Promise<ElasticsearchClient> {
  const { nodes, username, password = '', apiKey, caFile } = address
  // Only who has such an instance pays for loading the client.
  const library = await import('@opensearch-project/opensearch')
  const client = new library.Client({
    nodes: [...nodes],
    requestTimeout: TIMEOUT_MS,
    maxRetries: RETRIES,
    ...(username !== undefined && { auth: { username, password } }),
    ...(apiKey !== undefined && { headers: { authorization: `ApiKey ${apiKey}` } }),
    ...(caFile !== undefined && { ssl: { ca: await readCertificates(caFile) } }),
  })
  let family: Promise<Family> | undefined
  const request = (method: string, path: string, options?: RequestOptions) =>
    send(client, library.errors.ResponseError, method, path, options)
  return {
    request,
    family() {
      family ??= request('GET', '/')
        .then(familyOf)
        .catch((error: unknown) => {
          family = undefined
          throw error
        })
      return family
    },
    close: () => client.close(),
  }
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new AppError('invalid', `tlsCAFile: ${(cause as Error).message}`, {}, { cause })
  }
}

async function send(
  client: Client,
  ResponseError: typeof errors.ResponseError,
  method: string,
  path: string,
  { query, body }: RequestOptions = {},
): Promise<JsonObject> {
  try {
    const reply = await client.transport.request({ method, path, querystring: query, body })
    return reply.body as unknown as JsonObject
  } catch (error) {
    // The library's errors hold the whole request, credentials included: they are not passed on.
    if (error instanceof ResponseError) throw refusal(error.statusCode ?? 0, error.body)
    throw new AppError('unavailable', `the cluster does not answer: ${(error as Error).message}`)
  }
}

const kinds: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  404: 'not_found',
  405: 'unsupported',
  409: 'conflict',
  429: 'limited',
}

function refusal(status: number, body: unknown): AppError {
  const reason = reasonOf(body)
  if (status === 401 || status === 403) {
    const text = `the cluster does not accept what we sent it as ours (${status}): ${reason}`
    return new AppError('unavailable', text)
  }
  return new AppError(kinds[status] ?? 'unavailable', `the cluster answered ${status}: ${reason}`)
}

/** Since version 2 `error` is an object; before, and for what no handler takes, it is a text. */
function reasonOf(body: unknown): string {
  const { error, message } = (body ?? {}) as { error?: unknown; message?: unknown }
  const { reason, type } = (error ?? {}) as { reason?: unknown; type?: unknown }
  const text = [reason, type, error, message].find((value) => typeof value === 'string')
  return typeof text === 'string' ? text : 'no reason given'
}

function familyOf(root: JsonObject): Family {
  const { number, distribution } = (root.version ?? {}) as { [name: string]: unknown }
  if (typeof number !== 'string') {
    throw new AppError('unavailable', 'what answers there is no Elasticsearch and no OpenSearch')
  }
  return {
    name: distribution === 'opensearch' ? 'opensearch' : 'elasticsearch',
    version: number,
    major: Number.parseInt(number, 10),
  }
}
