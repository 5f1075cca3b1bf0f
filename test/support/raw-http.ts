import { connect } from 'node:net'

/**
 * Sends bytes over a connection of their own and collects what comes back until the server
 * closes it or as many answers have come as are awaited.
 */
export function exchange(
  url: string,
  bytes: string | Buffer,
  { answers = Number.POSITIVE_INFINITY, thenEnd = false } = {},
): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => {
      if (thenEnd) socket.end(bytes)
      else socket.write(bytes)
    })
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      received += text
      if (received.split('HTTP/1.1 ').length > answers) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}
