import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { DriverConnection, RunningMongodb } from '../services/driver.js'
import { makeSelfSigned } from '../tls/self-signed.js'
import { type Gateway, openGateway } from './gateway.js'

/** A service that echoes, and ends its connections only when `letEnd` says so. */
function echo({ letEnd = true } = {}) {
  const sockets: Socket[] = []
  const accept = (socket: Socket): DriverConnection => {
    sockets.push(socket)
    socket.pipe(socket)
    return {
      end: () => void (letEnd && socket.end()),
      destroy: () => void socket.destroy(),
      closed: new Promise((resolve) => socket.once('close', () => resolve())),
    }
  }
  return { sockets, service: { accept } as RunningMongodb }
}

async function withGateway(
  service: () => Promise<RunningMongodb>,
  use: (gateway: Gateway) => Promise<void>,
) {
  const gateway = await openGateway({ host: '127.0.0.1', port: 0, service })
  try {
    await use(gateway)
  } finally {
    await gateway.close(0)
  }
}

function arrive({ address }: Gateway): Socket {
  return connect(address.port, address.host).on('error', () => {})
}

async function answer(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.toString()
}

describe('a gateway', () => {
  test('lets drivers wait for a service that has yet to start, and loses nothing they sent', async () => {
    const { service } = echo()
    let started: (running: RunningMongodb) => void = () => {}
    const starting = new Promise<RunningMongodb>((resolve) => {
      started = resolve
    })
    let asked: () => void = () => {}
    const arrived = new Promise<void>((resolve) => {
      asked = resolve
    })
    const serve = () => {
      asked()
      return starting
    }
    await withGateway(serve, async (gateway) => {
      const answered = answer(arrive(gateway), 'early')
      await arrived
      started(service)
      assert.equal(await answered, 'early')
    })
  })

  test('closes connections to a service that does not start, and takes the next ones', async () => {
    const { service } = echo()
    let isUp = false
    const serve = async () => {
      if (!isUp) throw new Error('down')
      return service
    }
    await withGateway(serve, async (gateway) => {
      await once(arrive(gateway).resume(), 'close')
      isUp = true
      assert.equal(await answer(arrive(gateway), 'now'), 'now')
    })
  })

  test('closing waits for connections to end, and destroys those that do not', async () => {
    for (const letEnd of [true, false]) {
      const { service, sockets } = echo({ letEnd })
      await withGateway(
        () => Promise.resolve(service),
        async (gateway) => {
          const driver = arrive(gateway)
          await answer(driver, 'x')
          await gateway.close(letEnd ? 60_000 : 1)
          assert.ok(sockets.every((socket) => socket.closed))
          await assert.rejects(once(connect(gateway.address.port, '127.0.0.1'), 'connect'))
        },
      )
    }
  })

  test("has a port for TLS, where a failed handshake is nobody else's trouble", async () => {
    const { service, sockets } = echo()
    const certificate = makeSelfSigned(['localhost'], Date.now())
    await withGateway(
      () => Promise.resolve(service),
      async (gateway) => {
        const address = await gateway.openTls(0, () => Promise.resolve(certificate))
        assert.notEqual(address.port, gateway.address.port)
        const trust = { ca: certificate.cert, servername: 'localhost' }
        const secure = connectTls({ ...address, ...trust })
        assert.equal(await answer(secure, 'secret'), 'secret')
        const plain = connect(address.port, address.host).on('error', () => {})
        plain.end('no handshake')
        await once(plain.resume(), 'close')
        assert.equal(await answer(secure, 'more'), 'more')
        assert.equal(sockets[0].remotePort, secure.localPort)
      },
    )
  })
})
