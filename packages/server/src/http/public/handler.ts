import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientGone } from '../receive-body.js'
import { type Answer, failed, send } from './answer.js'
import { challenged } from './authenticate.js'
import { answerTo, type Parts } from './call.js'
import { headersOf } from './error-headers.js'
import { errorDocument } from './errors.js'
import { wantedForm } from './query.js'
import { readTarget } from './target.js'

const NOWHERE = { path: '', segments: undefined, query: '' }

/** Answers a request of the Public API, whatever becomes of it. */
export async function serve(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = readTarget(request.url ?? '') ?? NOWHERE
  const query = new URLSearchParams(target.query)
  try {
    const answer = await answerTo(parts, { request, response }, target, query).catch(
      (error: unknown) => refuse(parts, request, error),
    )
    if (!answer) return
    await send(response, answer, wantedForm(query), request.method === 'HEAD')
  } catch (error) {
    if (!isGone(error)) parts.failed(error, request)
    response.destroy()
  }
}

function refuse(parts: Parts, request: IncomingMessage, error: unknown): Answer {
  if (isGone(error)) throw error
  const document = errorDocument(error)
  if (document.error >= 500) parts.failed(error, request)
  // A status of 401 always says how to authenticate, whatever was missing.
  if (document.error === 401 && error instanceof Error && !headersOf(error)['www-authenticate']) {
    challenged(error, parts.digest)
  }
  // What is left of a body that is too large is not worth reading.
  const closing = document.error === 413 ? { connection: 'close' } : {}
  return failed(document, { ...headersOf(error), ...closing })
}

function isGone(error: unknown): boolean {
  if (error instanceof ClientGone) return true
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE'
}
