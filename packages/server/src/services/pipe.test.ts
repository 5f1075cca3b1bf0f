import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import type { DriverConnection } from './driver.js'
import { pipeTo } from './pipe.js'

/** A server that does what a test says with each socket that arrives. */
async function serverThat(serve: (socket: Socket) => void, allowHalfOpen = false) {
  const server = createServer({ allowHalfOpen }, (socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { address: host, port } = server.address() as AddressInfo
  return { server, host, port }
}

describe('a pipe to a server process', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  /** A user who is connected, through a front, to a server that does what a test says. */
  async function connected(serve: (socket: Socket) => void) {
    const upstream = await serverThat(serve, true)
    let piped: (connection: DriverConnection) => void = () => {}
    const connection = new Promise<DriverConnection>((resolve) => {
      piped = resolve
    })
    const front = await serverThat((socket) => piped(pipeTo(socket, upstream)))
    servers.push(upstream.server, front.server)
    const user = connect({ port: front.port, host: front.host, allowHalfOpen: true })
    user.on('error', () => {})
    return { user, connection: await connection }
  }

  async function everything(user: Socket): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of user) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  test('carries what both say, whole', async () => {
    const { user, connection } = await connected((socket) => socket.pipe(socket))
    const sent = Buffer.alloc(3_000_000, 'abcdefg')
    user.end(sent)
    assert.ok((await everything(user)).equals(sent))
    await connection.closed
  })

  test('a user who has said all still gets the answer', async () => {
    const { user, connection } = await connected((socket) => {
      socket.resume().once('end', () => socket.end('late'))
    })
    user.end('question')
    assert.equal((await everything(user)).toString(), 'late')
    await connection.closed
  })

  test('does not read ahead of a slow reader without end', async () => {
    const chunk = Buffer.alloc(1 << 20)
    let written = 0
    let arrived: () => void = () => {}
    const { user, connection } = await connected((socket) => {
      const fill = () => {
        while (socket.write(chunk)) written++
        written++
        socket.once('drain', fill)
      }
      socket.on('data', () => arrived())
      fill()
    })
    user.pause()
    // Each of these is time in which more could be read from the server.
    for (let turn = 0; turn < 300; turn++) {
      const isThere = new Promise<void>((resolve) => {
        arrived = resolve
      })
      user.write('x')
      await isThere
    }
    assert.ok(written < 64, `${written} MiB were taken from the server, and read by nobody`)
    connection.destroy()
    await connection.closed
    user.destroy()
  })

  test('a server that is not there closes the connection', async () => {
    const upstream = await serverThat(() => {})
    upstream.server.close()
    await once(upstream.server, 'close')
    let closed: Promise<void> | undefined
    const front = await serverThat((socket) => {
      closed = pipeTo(socket, upstream).closed
    })
    servers.push(front.server)
    const user = connect({ port: front.port, host: front.host }).on('error', () => {})
    await once(user.resume(), 'close')
    await closed
  })

  test('a server that fails closes the connection, and a user who goes ends the one to the server', async () => {
    const failing = await connected((socket) => socket.once('data', () => socket.resetAndDestroy()))
    failing.user.allowHalfOpen = false
    failing.user.write('x')
    await once(failing.user.resume(), 'close')
    await failing.connection.closed

    let gone: () => void = () => {}
    const isGone = new Promise<void>((resolve) => {
      gone = resolve
    })
    const left = await connected((socket) => {
      socket.write('hello')
      socket.resume().once('end', () => gone())
      socket.once('error', () => gone())
    })
    await once(left.user, 'data')
    left.user.resetAndDestroy()
    await Promise.all([isGone, left.connection.closed])
  })

  test('ends with the answer that is under way, and destroys at once', async () => {
    let answer: () => void = () => {}
    const { user, connection } = await connected((socket) => {
      socket.once('data', () => {
        socket.write('half ')
      })
      socket.once('end', () => {
        answer = () => socket.end('whole')
        answer()
      })
    })
    user.write('question')
    await once(user, 'data')
    connection.end()
    assert.equal((await everything(user)).toString(), 'whole')
    user.end()
    await connection.closed
  })
})
