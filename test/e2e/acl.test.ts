import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { portWithTls } from '../support/ports.js'
import { callV1 } from '../support/v1.js'

/** What drivers may do to be quick to say that they are not let in. */
const IMPATIENT = { serverSelectionTimeoutMS: 800 }

describe('who may connect to an instance', () => {
  let gantry: GantryProcess
  let port: number
  before(async () => {
    port = await portWithTls()
    gantry = await startGantry(['--tls-port', '0', '--mongo-port', String(port)])
  })
  after(() => gantry.stop())

  async function acl(action: 'add' | 'delete', cidr_mask: string): Promise<void> {
    const { json } = await callV1(gantry, `/acl/${action}`, { doc: JSON.stringify({ cidr_mask }) })
    assert.equal(json.rc, 0, json.msg)
  }

  beforeEach(async () => {
    const { json } = await callV1(gantry, '/acl/get')
    for (const { cidr_mask } of json.data as { cidr_mask: string }[]) await acl('delete', cidr_mask)
  })

  function clientFrom(localAddress: string, options = {}): MongoClient {
    const uri = gantry.credentials().connectString
    return new MongoClient(uri, { ...IMPATIENT, localAddress, ...options })
  }

  async function mayConnect(localAddress: string, options = {}): Promise<boolean> {
    const client = clientFrom(localAddress, options)
    try {
      await client.db('acl').command({ ping: 1 })
      return true
    } catch (error) {
      assert.equal((error as Error).name, 'MongoServerSelectionError')
      return false
    } finally {
      await client.close()
    }
  }

  async function arrive(localAddress: string): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  test('the machine itself, until an ACL says otherwise', async () => {
    assert.deepEqual([await mayConnect('127.0.0.1'), await mayConnect('127.0.0.2')], [true, true])
    await acl('add', '10.0.0.0/8')
    assert.deepEqual([await mayConnect('127.0.0.1'), await mayConnect('127.0.0.2')], [false, false])
    await acl('delete', '10.0.0.0/8')
    assert.ok(await mayConnect('127.0.0.2'))
  })

  test('those whom its ACLs name, over TLS too', async () => {
    const tls = { tls: true, tlsAllowInvalidCertificates: true }
    const uri = new URL(gantry.credentials().connectString)
    uri.port = String(port + 10_000)
    await acl('add', '127.0.0.1/32')
    assert.deepEqual([await mayConnect('127.0.0.1'), await mayConnect('127.0.0.2')], [true, false])
    for (const [localAddress, isAllowed] of [
      ['127.0.0.1', true],
      ['127.0.0.2', false],
    ] as const) {
      const client = new MongoClient(uri.href, { ...IMPATIENT, ...tls, localAddress })
      const ping = client.db('acl').command({ ping: 1 })
      if (isAllowed) assert.equal((await ping).ok, 1)
      else await assert.rejects(ping, { name: 'MongoServerSelectionError' })
      await client.close()
    }
    await acl('add', '127.0.0.2')
    assert.deepEqual([await mayConnect('127.0.0.1'), await mayConnect('127.0.0.2')], [true, true])
  })

  test('and who may no longer is cut while connected, nobody else', async () => {
    await acl('add', '127.0.0.1')
    await acl('add', '127.0.0.2')
    const stays = clientFrom('127.0.0.1', { retryReads: false })
    const goes = clientFrom('127.0.0.2', { retryReads: false })
    try {
      await stays.db('acl').collection<{ _id: number }>('c').insertOne({ _id: 1 })
      assert.equal(await goes.db('acl').collection('c').countDocuments(), 1)
      const idle = await arrive('127.0.0.2')
      const cut = [once(idle.resume(), 'close'), once(goes, 'connectionClosed')]
      await acl('delete', '127.0.0.2')
      await Promise.all(cut)
      assert.equal(await mayConnect('127.0.0.2'), false)
      assert.equal(await stays.db('acl').collection('c').countDocuments(), 1)
    } finally {
      await stays.close()
      await goes.close()
    }
  })

  test('cuts an operation under way, which ends when its driver has looked for a server in vain', async () => {
    await acl('add', '127.0.0.1')
    await acl('add', '127.0.0.2')
    const goes = clientFrom('127.0.0.2')
    const open = new Set<number>()
    goes.on('connectionCreated', ({ connectionId }) => open.add(Number(connectionId)))
    goes.on('connectionClosed', ({ connectionId }) => open.delete(Number(connectionId)))
    try {
      const finds = goes.db('acl').collection('c')
      await finds.findOne()
      const working = (async () => {
        for (;;) await finds.findOne()
      })()
      // Whether a write meets a connection that is just ending is a matter of luck.
      const refused = assert.rejects(working, (error: NodeJS.ErrnoException) => {
        return error.name === 'MongoServerSelectionError' || error.code === 'EPIPE'
      })
      await acl('delete', '127.0.0.2')
      await refused
      await assert.rejects(finds.findOne(), { name: 'MongoServerSelectionError' })
      assert.deepEqual([...open], [])
      await acl('add', '127.0.0.2')
      await finds.findOne()
    } finally {
      await goes.close()
    }
  })

  test('never concerns the HTTP API', async () => {
    await acl('add', '10.0.0.0/8')
    const { json } = await callV1(gantry, '/db/acl/collection/http/add', { doc: '{"_id":1}' })
    assert.deepEqual(json.data, { _id: 1 })
    assert.equal((await callV1(gantry, '/serverStatus')).json.rc, 0)
  })

  test('is still known after a start', async () => {
    const first = await startGantry([])
    const { dataDir } = first
    const kept = { cidr_mask: '127.0.0.1/8', description: 'kept' }
    await callV1(first, '/acl/add', { doc: JSON.stringify(kept) })
    first.signal('SIGTERM')
    await first.exit
    const second = await startGantry([], dataDir)
    try {
      assert.deepEqual((await callV1(second, '/acl/get')).json.data, [kept])
    } finally {
      await second.stop()
      await first.stop()
    }
  })

  test('those behind a trusted proxy by their own address', async () => {
    const behind = await startGantry(['--trusted-proxies', '127.0.0.1'])
    const uri = new URL(behind.credentials().connectString)
    const target = Number(uri.port)
    const header = proxyHeader([10, 9, 8, 7], 4711)
    const proxy = createServer((socket) => {
      const onwards = connect(target, '127.0.0.1').on('error', () => {})
      onwards.write(header)
      socket.on('error', () => {}).pipe(onwards)
      onwards.pipe(socket)
      socket.once('close', () => onwards.destroy())
      onwards.once('close', () => socket.destroy())
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    uri.port = String((proxy.address() as AddressInfo).port)
    const ask = async () => {
      const client = new MongoClient(uri.href, { serverSelectionTimeoutMS: 6000 })
      try {
        return await client.db('admin').command({ whatsmyuri: 1 })
      } finally {
        await client.close()
      }
    }
    try {
      await assert.rejects(ask(), { name: 'MongoServerSelectionError' })
      await callV1(behind, '/acl/add', { doc: '{"cidr_mask":"10.9.8.7"}' })
      assert.equal((await ask()).you, '10.9.8.7:4711')
    } finally {
      proxy.close()
      await behind.stop()
    }
  })
})

/** PROXY protocol, version 2, for a connection over IPv4. */
function proxyHeader(address: readonly number[], port: number): Buffer {
  const head = Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex')
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(port)
  return Buffer.concat([head, Buffer.from([...address, 127, 0, 0, 1]), ports])
}
