// An OP_MSG server that does nothing: it finds out which command a message holds and answers
// with a reply made beforehand, as large as a real one. What the driver reaches with it is the
// driver's own limit. Shares no code with the engine.
import { createServer } from 'node:net'
import { BSON } from 'mongodb'
import { DOCUMENT_ID, documentOf, FOUND_BY_INDEX } from './documents.js'

const { Binary, Double, Long, Timestamp } = BSON
const MESSAGE = 2013
const QUERY = 2004

const trailer = {
  ok: new Double(1),
  $clusterTime: {
    clusterTime: new Timestamp({ t: 1, i: 1 }),
    signature: { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO },
  },
  operationTime: new Timestamp({ t: 1, i: 1 }),
}

const one = [documentOf(DOCUMENT_ID)]
const many = Array.from({ length: FOUND_BY_INDEX }, (_, i) => documentOf(i))
const replies = {
  insert: { n: 1 },
  update: { n: 1, nModified: 1 },
  find: { cursor: { firstBatch: one, id: Long.ZERO, ns: 'bench.documents' } },
  aggregate: { cursor: { firstBatch: [{ _id: 1, n: 33 }], id: Long.ZERO, ns: 'bench.documents' } },
}
const bodies = new Map(
  Object.entries(replies).map(([name, reply]) => [name, BSON.serialize({ ...reply, ...trailer })]),
)
const emptyBody = BSON.serialize(trailer)
const manyBody = BSON.serialize({
  cursor: { firstBatch: many, id: Long.ZERO, ns: 'bench.documents' },
  ...trailer,
})

function helloBody(port) {
  const address = `127.0.0.1:${port}`
  return BSON.serialize({
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    hosts: [address],
    setName: 'nothing',
    setVersion: 1,
    me: address,
    primary: address,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 25,
    ...trailer,
  })
}

/** The command's name: the first element of the body, which drivers send as the first section. */
function nameIn(message) {
  const start = message.readInt32LE(12) === MESSAGE ? 26 : message.indexOf(0, 20) + 14
  return message.toString('latin1', start, message.indexOf(0, start))
}

function answer(message, hello) {
  const name = nameIn(message)
  const asksForMany = name === 'find' && message.includes('group')
  const isHello = name === 'hello' || name.toLowerCase() === 'ismaster'
  const body = isHello ? hello : asksForMany ? manyBody : (bodies.get(name) ?? emptyBody)
  const legacy = message.readInt32LE(12) === QUERY
  const head = Buffer.alloc(legacy ? 36 : 21)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(message.readInt32LE(4), 8)
  head.writeInt32LE(legacy ? 1 : MESSAGE, 12)
  if (legacy) head.writeInt32LE(1, 32)
  return Buffer.concat([head, body])
}

const server = createServer({ noDelay: true }, (socket) => {
  const hello = helloBody(server.address().port)
  let chunks = []
  let have = 0
  let wanted = 0
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    have += chunk.length
    if (have < wanted) return
    let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    wanted = 4
    while (bytes.length >= 4) {
      wanted = bytes.readInt32LE(0)
      if (bytes.length < wanted) break
      socket.write(answer(bytes.subarray(0, wanted), hello))
      bytes = bytes.subarray(wanted)
      wanted = 4
    }
    chunks = bytes.length > 0 ? [bytes] : []
    have = bytes.length
  })
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => process.send({ usage: process.cpuUsage() }))
process.on('disconnect', () => process.exit())
