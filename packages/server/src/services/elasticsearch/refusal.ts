import type { IncomingMessage, ServerResponse } from 'node:http'

/** An error in the form that the cluster itself would give it. */
export interface Refusal {
  readonly status: number
  readonly type: string
  readonly reason: string
}

/** Answers with an error, and reads no more of the request. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, reason }: Refusal,
): void {
  const cause = { type, reason }
  const body = JSON.stringify({ error: { root_cause: [cause], ...cause }, status })
  const isWhole = request.complete || !hasBody(request)
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
    ...(status === 401 && { 'www-authenticate': 'Basic realm="security", charset="UTF-8"' }),
    ...(!isWhole && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
