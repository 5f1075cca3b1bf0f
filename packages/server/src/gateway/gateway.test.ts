import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { addressSet } from '../addresses/address-range.js'
import type { Address } from '../binding.js'
import type { DriverConnection, Peer, RunningService } from '../services/driver.js'
import { openLiveCertificate } from '../tls/live-certificate.js'
import { makeSelfSigned } from '../tls/self-signed.js'
import { createGateway, type Gateway, type GatewayOptions } from './gateway.js'

/** A service that echoes, and ends its connections only when `letEnd` says so. */
function echo({ letEnd = true } = {}) {
  const sockets: Socket[] = []
  const peers: Peer[] = []
  const ports: string[] = []
  const accept = (socket: Socket, peer: Peer, port: string): DriverConnection => {
    sockets.push(socket)
    peers.push(peer)
    ports.push(port)
    socket.pipe(socket)
    return {
      end: () => void (letEnd && socket.end()),
      destroy: () => void socket.destroy(),
      closed: new Promise((resolve) => socket.once('close', () => resolve())),
    }
  }
  return { sockets, peers, ports, service: { accept } as unknown as RunningService }
}

const open = { host: '127.0.0.1', allows: () => true, proxies: addressSet([]) }

/** A gateway with its plain port open. */
type Opened = Gateway & { readonly address: Address }

async function withGateway(
  service: () => Promise<RunningService>,
  use: (gateway: Opened) => Promise<void>,
  options: Partial<GatewayOptions> = {},
) {
  const gateway = createGateway({ ...open, ...options, service })
  try {
    await use({ ...gateway, address: await gateway.open('plain', 0) })
  } finally {
    await gateway.close(0)
  }
}

function arrive({ address }: Opened, localAddress = '127.0.0.1'): Socket {
  return connect({ ...address, localAddress }).on('error', () => {})
}

async function answer(socket: Socket, text: string | Buffer): Promise<string> {
  socket.write(text)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.toString()
}

describe('a gateway', () => {
  test('lets drivers wait for a service that has yet to start, and loses nothing they sent', async () => {
    const { service } = echo()
    let started: (running: RunningService) => void = () => {}
    const starting = new Promise<RunningService>((resolve) => {
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
    const { service, sockets, ports } = echo()
    const certificate = makeSelfSigned(['localhost'], Date.now())
    const read = () => Promise.resolve(certificate)
    const live = await openLiveCertificate({ read, files: [], warn: () => {} })
    await withGateway(
      () => Promise.resolve(service),
      async (gateway) => {
        const address = await gateway.open('tls', 0, live)
        assert.notEqual(address.port, gateway.address.port)
        const trust = { ca: certificate.cert, servername: 'localhost' }
        const secure = connectTls({ ...address, ...trust })
        assert.equal(await answer(secure, 'secret'), 'secret')
        const plain = connect(address.port, address.host).on('error', () => {})
        plain.end('no handshake')
        await once(plain.resume(), 'close')
        assert.equal(await answer(secure, 'more'), 'more')
        assert.equal(sockets[0].remotePort, secure.localPort)
        assert.equal(ports[0], 'tls')
        live.close()
      },
    )
  })

  test('lets in whom it may, and cuts those who may no longer be there', async () => {
    const { service, peers } = echo()
    const certificate = makeSelfSigned(['localhost'], Date.now())
    const read = () => Promise.resolve(certificate)
    const live = await openLiveCertificate({ read, files: [], warn: () => {} })
    let allowed = ['127.0.0.1']
    const allows = (address: string) => allowed.includes(address)
    const serve = () => Promise.resolve(service)
    await withGateway(
      serve,
      async (gateway) => {
        await once(arrive(gateway, '127.0.0.2').resume(), 'close')
        assert.equal(peers.length, 0)
        const stays = arrive(gateway)
        assert.equal(await answer(stays, 'one'), 'one')

        allowed = ['127.0.0.1', '127.0.0.2']
        gateway.recheck()
        const goes = arrive(gateway, '127.0.0.2')
        assert.equal(await answer(goes, 'two'), 'two')
        assert.deepEqual(peers.at(-1), { host: '127.0.0.2', port: goes.localPort })
        const address = await gateway.open('tls', 0, live)
        const trust = { ca: certificate.cert, servername: 'localhost' }
        const secure = connectTls({ ...address, ...trust, localAddress: '127.0.0.2' } as object)
        secure.on('error', () => {})
        assert.equal(await answer(secure, 'three'), 'three')

        allowed = ['127.0.0.1']
        const cut = Promise.all([once(goes.resume(), 'close'), once(secure.resume(), 'close')])
        gateway.recheck()
        await cut
        assert.equal(await answer(stays, 'four'), 'four')
        await once(arrive(gateway, '127.0.0.2').resume(), 'close')
        live.close()
      },
      { allows },
    )
  })

  describe('with a trusted proxy', () => {
    const proxies = addressSet([{ address: '127.0.0.1', prefix: 32, family: 'ipv4' }])
    const allows = (address: string) => address !== '10.0.0.66'

    test('goes by the address that the proxy names', async () => {
      const { service, peers } = echo()
      await withGateway(
        () => Promise.resolve(service),
        async (gateway) => {
          const driver = arrive(gateway)
          // In pieces, the last with the first bytes of the driver.
          const header = proxyHeader('10.0.0.1', 4711)
          driver.setNoDelay(true).write(header.subarray(0, 5))
          await new Promise((resolve) => setImmediate(resolve))
          driver.write(header.subarray(5, 20))
          await new Promise((resolve) => setImmediate(resolve))
          const whole = Buffer.concat([header.subarray(20), Buffer.from('hello')])
          assert.equal(await answer(driver, whole), 'hello')
          assert.deepEqual(peers, [{ host: '10.0.0.1', port: 4711 }])
          const refused = arrive(gateway)
          refused.write(proxyHeader('10.0.0.66', 1))
          await once(refused.resume(), 'close')
          assert.equal(peers.length, 1)
        },
        { allows, proxies },
      )
    })

    test('takes the proxy for who it is when it names nobody', async () => {
      const { service, peers } = echo()
      await withGateway(
        () => Promise.resolve(service),
        async (gateway) => {
          const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex')
          for (const header of [Buffer.alloc(0), local]) {
            const driver = arrive(gateway)
            const whole = Buffer.concat([header, Buffer.from('plain')])
            assert.equal(await answer(driver, whole), 'plain')
            assert.equal(peers.at(-1)?.port, driver.localPort)
          }
        },
        { allows, proxies },
      )
    })

    test('refuses what is malformed', async () => {
      const { service, peers } = echo()
      await withGateway(
        () => Promise.resolve(service),
        async (gateway) => {
          for (const hex of [
            '0d0a0d0a000d0a515549540a31110000',
            '0d0a0d0a000d0a515549540a21110000',
          ])
            await once(arrive(gateway).resume().end(Buffer.from(hex, 'hex')), 'close')
          assert.equal(peers.length, 0)
        },
        { allows, proxies },
      )
    })

    test('takes no header from anybody else', async () => {
      const { service, peers } = echo()
      await withGateway(
        () => Promise.resolve(service),
        async (gateway) => {
          const driver = arrive(gateway, '127.0.0.2')
          const header = proxyHeader('10.0.0.1', 1)
          assert.equal(await answer(driver, header), header.toString())
          assert.equal(peers[0].host, '127.0.0.2')
        },
        { allows, proxies },
      )
    })
  })
})

function proxyHeader(host: string, port: number): Buffer {
  const head = Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex')
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(port)
  ports.writeUInt16BE(27017, 2)
  return Buffer.concat([
    head,
    Buffer.from(host.split('.').map(Number)),
    Buffer.from([127, 0, 0, 1]),
    ports,
  ])
}
