import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Requests of a connection that have not been answered yet, the newest. */
type Answering = WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>

const statusLines: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/**
 * Answers bytes that are no request with a bare status and closes the connection. An answer
 * that is on its way goes out first: behind a body that was announced too short, its tail
 * arrives as such bytes.
 */
export function handleBrokenFraming(server: Server): void {
  const answering: Answering = new WeakMap()
  const broken = new WeakSet<Duplex>()
  server.on('request', (request, response) => {
    const last = answering.get(request.socket)
    if (last) {
      last.request = request
      last.response = response
    } else {
      answering.set(request.socket, { request, response })
    }
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // What follows is no request either, and a dead connection needs no answer.
    if (broken.has(socket)) return
    broken.add(socket)
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const refuse = () => {
      const status = statusLines[error.code ?? ''] ?? '400 Bad Request'
      const text = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
      if (socket.writable) socket.end(text)
      else socket.destroy()
    }
    const last = answering.get(socket)
    const onItsWay = last?.request.complete && !last.response.writableFinished
    if (onItsWay) last.response.once('close', refuse)
    else if (last && !last.request.complete && last.response.headersSent) socket.destroy()
    else refuse()
  })
}
