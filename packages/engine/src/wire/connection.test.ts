import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Doc, decodeDocument, encodeDocument, Timestamp } from '@gantry/bson'
import type { CommandMessage, Engine, Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { createSession, type SessionOrigin } from '../session.js'
import { compressFrame, compressors, decompressFrame } from './compression.js'
import { crc32c } from './crc32c.js'
import { FrameReader } from './frames.js'
import { type Listener, listen } from './listener.js'

type Fields = Parameters<typeof encodeDocument>[0]

/** Answers what a test tells it to; counts sessions. */
const open = new Set<number>()
const seen: Doc[] = []
let answer: (body: Doc, message: CommandMessage) => Reply | Promise<Reply>
let sessions = 0
let operationTime: Timestamp | undefined
const origins: SessionOrigin[] = []
const engine: Engine = {
  connect(origin) {
    const session = createSession(++sessions, origin)
    open.add(session.id)
    origins.push(session)
    return session
  },
  disconnect: ({ id }) => void open.delete(id),
  async run(_session, message) {
    const body = decodeDocument(message.body)
    seen.push(body)
    return await answer(body, message)
  },
  operationTime: () => operationTime,
  network: { bytesIn: 0, bytesOut: 0, physicalBytesIn: 0, physicalBytesOut: 0, requests: 0 },
  close: async () => {},
}

let listener: Listener
const faults: unknown[] = []
const sockets: Socket[] = []

before(async () => {
  listener = await listen(engine, { port: 0, report: (error) => faults.push(error) })
})
beforeEach(() => {
  answer = (body) => ({ echo: body.get('ping'), ok: 1 })
  seen.length = 0
  faults.length = 0
})
after(async () => {
  for (const socket of sockets) socket.destroy()
  await listener.close()
})

interface Received {
  readonly flags: number
  readonly responseTo: number
  readonly requestId: number
  readonly frame: Buffer
  readonly body: Doc
}

/** A client that reads messages one by one. */
function dial(port = listener.port) {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  const reader = new FrameReader()
  const frames: Buffer[] = []
  let wake = () => {}
  socket.on('data', (chunk: Buffer) => {
    frames.push(...reader.push(chunk))
    wake()
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  async function nextFrame(): Promise<Buffer> {
    for (;;) {
      const frame = frames.shift()
      if (frame) return frame
      await Promise.race([
        new Promise<void>((resolve) => {
          wake = resolve
        }),
        closed.then(() => Promise.reject(new Error('closed'))),
      ])
    }
  }
  async function next(): Promise<Received> {
    const frame = await nextFrame()
    return {
      frame,
      requestId: frame.readInt32LE(4),
      responseTo: frame.readInt32LE(8),
      flags: frame.readInt32LE(16),
      body: decodeDocument(frame, 21),
    }
  }
  return { socket, closed, nextFrame, next }
}

function msg(requestId: number, fields: Fields, flags = 0): Buffer {
  const body = encodeDocument(fields)
  const frame = Buffer.alloc(21 + body.length + (flags & 1 ? 4 : 0))
  frame.writeInt32LE(frame.length, 0)
  frame.writeInt32LE(requestId, 4)
  frame.writeInt32LE(2013, 12)
  frame.writeInt32LE(flags, 16)
  body.copy(frame, 21)
  if (flags & 1) frame.writeUInt32LE(crc32c(frame, 0, frame.length - 4), frame.length - 4)
  return frame
}

function query(requestId: number, namespace: string, fields: Fields): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(requestId, 4)
  head.writeInt32LE(2004, 12)
  const numbers = Buffer.alloc(8)
  numbers.writeInt32LE(-1, 4)
  const frame = Buffer.concat([
    head,
    Buffer.from(`${namespace}\0`),
    numbers,
    encodeDocument(fields),
  ])
  frame.writeInt32LE(frame.length, 0)
  return frame
}

describe('a connection', () => {
  test('answers pipelined requests in order, the slow one too', async () => {
    const client = dial()
    answer = async (body) => {
      if (body.get('ping') === 1) await new Promise((resolve) => setTimeout(resolve, 20))
      return { echo: body.get('ping'), ok: 1 }
    }
    const ids = Array.from({ length: 100 }, (_, i) => i + 1)
    client.socket.write(Buffer.concat(ids.map((id) => msg(id, { ping: id, $db: 'admin' }))))
    for (const id of ids) {
      const { responseTo, body } = await client.next()
      assert.deepEqual([responseTo, body.get('echo')], [id, id])
    }
  })

  test('answers a checksum with a checksum', async () => {
    const client = dial()
    client.socket.write(msg(1, { ping: 7 }, 1))
    const { flags, frame } = await client.next()
    assert.equal(flags, 1)
    assert.equal(frame.readUInt32LE(frame.length - 4), crc32c(frame, 0, frame.length - 4))
  })

  test('tells the time of the latest change with replies and errors', async () => {
    const client = dial()
    answer = (body) => {
      if (body.get('ping') === 1) throw new CommandError('BadValue', 'no')
      return { ok: 1, operationTime: new Timestamp(1, 1) }
    }
    operationTime = new Timestamp(7, 3)
    client.socket.write(Buffer.concat([msg(1, { ping: 1 }), msg(2, { ping: 2 })]))
    const [failed, answered] = [await client.next(), await client.next()]
    operationTime = undefined
    const clusterTime = failed.body.get('$clusterTime') as Doc
    assert.deepEqual(clusterTime.get('clusterTime'), new Timestamp(7, 3))
    assert.deepEqual([...clusterTime.keys()], ['clusterTime', 'signature'])
    assert.deepEqual(failed.body.get('operationTime'), new Timestamp(7, 3))
    assert.deepEqual([...answered.body.keys()], ['ok', 'operationTime', '$clusterTime'])
    assert.deepEqual(answered.body.get('operationTime'), new Timestamp(1, 1))
  })

  test('does not answer what says that more is to come, failing or not', async () => {
    const client = dial()
    answer = (body) => {
      if (body.get('ping') === 1) throw new CommandError('BadValue', 'no')
      return { echo: body.get('ping'), ok: 1 }
    }
    const bad = msg(2, { ping: 2 }, 2)
    bad[25] = 0x77
    client.socket.write(Buffer.concat([msg(1, { ping: 1 }, 2), bad, msg(3, { ping: 3 })]))
    assert.equal((await client.next()).responseTo, 3)
    assert.deepEqual(
      seen.map((body) => body.get('ping')),
      [1, 3],
    )
  })

  test('presents errors of a command, of its BSON and of our own', async () => {
    const client = dial()
    answer = (body) => {
      if (body.get('ping') === 1)
        throw new CommandError('DuplicateKey', 'twice', {
          keyPattern: { a: 1 },
          errorLabels: ['TransientTransactionError'],
        })
      throw new TypeError('secret')
    }
    const bad = msg(2, { ping: 2 })
    bad[25] = 0x77
    client.socket.write(Buffer.concat([msg(1, { ping: 1 }), bad, msg(3, { ping: 3 })]))
    const [first, second, third] = [await client.next(), await client.next(), await client.next()]
    assert.deepEqual(
      [...first.body.keys()],
      ['errorLabels', 'ok', 'errmsg', 'code', 'codeName', 'keyPattern'],
    )
    assert.equal(first.body.get('code'), 11000)
    assert.equal(second.body.get('codeName'), 'InvalidBSON')
    assert.equal(third.body.get('codeName'), 'InternalError')
    assert.doesNotMatch(String(third.body.get('errmsg')), /secret/)
    assert.ok(faults[0] instanceof TypeError)
  })

  test('streams hello replies, each answering the one before', async () => {
    const client = dial()
    let counter = 0
    answer = (body) => {
      if (counter === 3) throw new CommandError('InterruptedAtShutdown', 'over')
      return {
        topologyVersion: { counter: BigInt(counter++) },
        was: body.get('topologyVersion'),
        ok: 1,
      }
    }
    const topologyVersion = { counter: 9n }
    client.socket.write(msg(5, { hello: 1, topologyVersion, maxAwaitTimeMS: 1 }, 1 << 16))
    let expected = 5
    for (const [was, more] of [
      [9n, 2],
      [0n, 2],
      [1n, 2],
      [undefined, 0],
    ] as const) {
      const { responseTo, requestId, flags, body } = await client.next()
      assert.equal(responseTo, expected)
      assert.equal(flags, more)
      assert.equal((body.get('was') as Doc | undefined)?.get('counter'), was)
      expected = requestId
    }
  })

  test('streams the batches of a cursor until it is used up', async () => {
    const client = dial()
    let left = 3
    answer = () => ({ cursor: { id: --left > 0 ? 77n : 0n, ns: 'a.b', nextBatch: [] }, ok: 1 })
    client.socket.write(msg(1, { getMore: 77n, collection: 'b' }, 1 << 16))
    const flags = [await client.next(), await client.next(), await client.next()].map(
      (m) => m.flags,
    )
    assert.deepEqual(flags, [2, 2, 0])
  })

  test('counts what comes and goes, as sent and as it is when unpacked', async () => {
    const before = { ...engine.network }
    const client = dial()
    const text = 'x'.repeat(5000)
    const request = msg(1, { ping: text })
    const packed = await compressFrame(request, compressors[0])
    client.socket.write(request)
    const { frame: plain } = await client.next()
    client.socket.write(packed)
    const answer = await client.nextFrame()
    const { network } = engine
    assert.deepEqual(
      {
        bytesIn: network.bytesIn - before.bytesIn,
        bytesOut: network.bytesOut - before.bytesOut,
        physicalBytesIn: network.physicalBytesIn - before.physicalBytesIn,
        physicalBytesOut: network.physicalBytesOut - before.physicalBytesOut,
        requests: network.requests - before.requests,
      },
      {
        bytesIn: 2 * request.length,
        bytesOut: 2 * plain.length,
        physicalBytesIn: request.length + packed.length,
        physicalBytesOut: plain.length + answer.length,
        requests: 2,
      },
    )
  })

  test('says which of the offered compressors it has, in the order offered', async () => {
    const client = dial()
    client.socket.write(msg(1, { hello: 1, compression: ['zlib', 'lzma', 'snappy'] }))
    client.socket.write(msg(2, { hello: 1, compression: ['lzma'] }))
    assert.deepEqual((await client.next()).body.get('compression'), ['zlib', 'snappy'])
    assert.equal((await client.next()).body.get('compression'), undefined)
  })

  for (const compressor of compressors) {
    test(`reads ${compressor.name} and answers in it`, async () => {
      const client = dial()
      const text = 'text '.repeat(2_000)
      client.socket.write(await compressFrame(msg(4, { ping: text }), compressor))
      const frame = await client.nextFrame()
      assert.equal(frame.readInt32LE(12), 2012)
      assert.ok(frame.length < text.length / 2)
      const { frame: plain, compressor: used } = await decompressFrame(frame)
      assert.equal(used, compressor)
      assert.equal(plain.readInt32LE(8), 4)
      assert.equal(decodeDocument(plain, 21).get('echo'), text)
    })

    test(`closes on ${compressor.name} that claims another length`, async () => {
      const client = dial()
      const frame = await compressFrame(msg(4, { ping: 'x'.repeat(5_000) }), compressor)
      frame.writeInt32LE(100, 20)
      client.socket.write(frame)
      await client.closed
    })
  }

  test('answers the legacy handshake and refuses other legacy queries', async () => {
    const client = dial()
    client.socket.write(
      Buffer.concat([
        query(1, 'admin.$cmd', { isMaster: 1 }),
        query(2, 'admin.$cmd', { $query: { hello: 1 }, $readPreference: { mode: 'nearest' } }),
        query(3, 'a.$cmd', { count: 'c' }),
        query(4, 'a.c', {}),
      ]),
    )
    const replies = [
      await client.next(),
      await client.next(),
      await client.next(),
      await client.next(),
    ]
    assert.deepEqual(
      replies.map(({ frame }) => frame.readInt32LE(12)),
      [1, 1, 1, 1],
    )
    assert.deepEqual(
      replies.map(({ frame }) => frame.readInt32LE(16) & 2),
      [0, 0, 0, 2],
    )
    const [, , count, find] = replies.map(({ frame }) => decodeDocument(frame, 36))
    assert.deepEqual(
      seen.map((body) => [...body.keys()]),
      [
        ['isMaster', '$db'],
        ['hello', '$db'],
      ],
    )
    assert.equal(count.get('codeName'), 'UnsupportedOpQueryCommand')
    assert.equal(find.get('code'), 5739101)
    assert.equal(find.get('$err'), find.get('errmsg'))
  })

  test('a malformed message ends its connection and no other', async () => {
    const good = dial()
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'),
      msg(1, { ping: 1 }, 4),
      (() => {
        const unknown = msg(1, { ping: 1 })
        unknown.writeInt32LE(2002, 12)
        return unknown
      })(),
    ]) {
      const bad = dial()
      bad.socket.write(bytes)
      await bad.closed
    }
    good.socket.write(msg(1, { ping: 1 }))
    assert.equal((await good.next()).body.get('echo'), 1)
    assert.deepEqual(faults, [])
  })

  test('waits for a slow reader without taking its further requests', async () => {
    const client = dial()
    const text = 'x'.repeat(4_000_000)
    answer = () => ({ text, ok: 1 })
    client.socket.pause()
    client.socket.write(Buffer.concat(Array.from({ length: 30 }, (_, i) => msg(i, { ping: i }))))
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(seen.length < 30, `${seen.length} answered to nobody`)
    client.socket.resume()
    for (let i = 0; i < 30; i++) assert.equal((await client.next()).responseTo, i)
  })
})

describe('listen', () => {
  test('ends sessions with their connections, and closes gracefully', async () => {
    const before = open.size
    const own = await listen(engine, { port: 0 })
    const idle = dial(own.port)
    const busy = dial(own.port)
    let release = () => {}
    answer = () => new Promise((resolve) => (release = () => resolve({ ok: 1 })))
    busy.socket.write(msg(1, { ping: 1 }))
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const closing = own.close()
    await idle.closed
    release()
    const { body } = await busy.next()
    assert.deepEqual([...body.keys()], ['ok'])
    await closing
    await busy.closed
    assert.equal(open.size, before)
  })

  test('tells a session both ends of its connection', async () => {
    const own = await listen(engine, { port: 0 })
    const client = dial(own.port)
    client.socket.write(msg(1, { ping: 1 }))
    await client.next()
    const { address, serverAddress } = origins.at(-1) ?? {}
    assert.equal(address, `127.0.0.1:${client.socket.localPort}`)
    assert.equal(serverAddress, `127.0.0.1:${own.port}`)
    await own.close()
  })

  test('does not wait for monitors', async () => {
    const own = await listen(engine, { port: 0 })
    const monitor = dial(own.port)
    answer = () => new Promise(() => {})
    monitor.socket.write(msg(1, { hello: 1, topologyVersion: {}, maxAwaitTimeMS: 60_000 }, 1 << 16))
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await own.close(60_000)
    await monitor.closed
  })
})
