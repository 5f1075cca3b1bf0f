import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  Decimal128,
  Double,
  decodeDocument,
  encodeDocument,
  MaxKey,
  MinKey,
  ObjectId,
  RawValue,
  Regex,
  Timestamp,
  Undefined,
  type Value,
} from '@gantry/bson'
import { type Engine, type Listener, listen, openEngine } from '@gantry/engine'
import { AppError, isDatabaseError } from '../../errors.js'
import type { Command } from '../deployment.js'
import { openRemote, type RemoteDeployment } from './remote.js'
import { shownUri } from './remote-errors.js'
import { uriOfHost } from './remote-uri.js'

const PASSWORD = 'p@ss/w:rd'

describe('a remote deployment', () => {
  let folder: string
  let engine: Engine
  let listener: Listener
  let remote: RemoteDeployment
  const uriAt = (port: number, password = PASSWORD) =>
    `mongodb://root:${encodeURIComponent(password)}@127.0.0.1:${port}/?serverSelectionTimeoutMS=2000`

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-remote-'))
    engine = await openEngine({ path: folder })
    const createUser = { createUser: 'root', pwd: PASSWORD, roles: ['root'], $db: 'admin' }
    await engine.run(engine.connect({ internal: true }), { body: encodeDocument(createUser) })
    listener = await listen(engine, { port: 0 })
    remote = await openRemote(uriAt(listener.port))
  })
  after(async () => {
    await remote?.close()
    await listener?.close()
    await engine?.close()
    rmSync(folder, { recursive: true })
  })

  async function find(collection: string, filter = {}): Promise<RawValue[]> {
    const found: RawValue[] = []
    for await (const batch of remote.batches('d', { find: collection, filter })) {
      found.push(...batch)
    }
    return found
  }

  const everyType = new Map<string, Value>([
    ['_id', 1],
    ['9', 'order'],
    ['1', 'is kept'],
    ['double', new Double(1)],
    ['negative zero', new Double(-0)],
    ['int', 1],
    ['long', 1n],
    ['decimal', Decimal128.fromString('1.10')],
    ['date', DateTime.fromMs(1350873424334)],
    ['wide date', new DateTime(2n ** 53n)],
    ['timestamp', new Timestamp(4_000_000_000, 2)],
    ['binary', new Binary(Buffer.from([1, 2]), 0)],
    ['old binary', new Binary(Buffer.from([2, 0, 0, 0, 8, 9]), 2)],
    ['uuid', new Binary(Buffer.alloc(16, 7), 4)],
    ['id', new ObjectId('0123456789abcdef01234567')],
    ['regex', new Regex('a.b', 'im')],
    ['code', new Code('f()')],
    ['scope', new Code('f()', new Map([['b', 1]]))],
    ['symbol', new BsonSymbol('s')],
    [
      'keys',
      [
        new MinKey(),
        new MaxKey(),
        null,
        true,
        new Map<string, Value>([
          ['2', 0],
          ['1', [[]]],
        ]),
      ],
    ],
  ])

  test('writes and reads every type and the order of fields as they are', async () => {
    const raw = encodeDocument(everyType)
    await remote.insert('d', 'types', RawValue.document(raw))
    const [first] = await find('types', { _id: 1 })
    assert.deepEqual(first.buf.subarray(first.at, first.at + first.size), raw)
    await remote.update('d', 'types', { _id: 1 }, RawValue.document(encodeDocument({ n: 0 })))
    await remote.update('d', 'types', { _id: 1 }, { $set: { all: everyType } })
    const [changed] = await find('types')
    assert.deepEqual(decodeDocument(changed.buf, changed.at).get('all'), everyType)
  })

  test('answers a command with the types of its reply', async () => {
    await remote.insert('d', 'found', RawValue.document(encodeDocument(everyType)))
    const query = { _id: 1 }
    const reply = await remote.command('d', { findAndModify: 'found', query, remove: true })
    assert.deepEqual(decodeDocument(reply).get('value'), everyType)
    await remote.insert('d', 'keys', { _id: new ObjectId('0123456789abcdef01234567') })
    await remote.insert('d', 'keys', { _id: Decimal128.fromString('1.10') })
    const listed = await remote.command('d', { distinct: 'keys', key: '_id' })
    assert.deepEqual(decodeDocument(listed).get('values'), [
      Decimal128.fromString('1.10'),
      new ObjectId('0123456789abcdef01234567'),
    ])
    const built = decodeDocument(await remote.command('admin', { buildInfo: 1 }))
    assert.ok(built.get('ok') instanceof Double)
    assert.ok(Array.isArray(built.get('versionArray')))
  })

  test('finds and modifies as the command does', async () => {
    await remote.insert('d', 'modified', { _id: 1, n: 1, wide: 1n })
    const valueAfter = async (command: Command) => {
      const reply = decodeDocument(
        await remote.command('d', { findAndModify: 'modified', ...command }),
      )
      return reply.get('value')
    }
    const query = { _id: 1 }
    const updated = await valueAfter({ query, update: { $inc: { n: 1 } }, new: true })
    assert.deepEqual(
      updated,
      new Map<string, Value>([
        ['_id', 1],
        ['n', 2],
        ['wide', 1n],
      ]),
    )
    const before = await valueAfter({ query, update: { n: 7 }, fields: { n: 1, _id: 0 } })
    assert.deepEqual(before, new Map([['n', 2]]))
    assert.equal(await valueAfter({ query: { _id: 9 }, update: { $set: { n: 1 } } }), null)
    const made = { query: { _id: 2 }, update: { $set: { n: 9 } }, upsert: true, new: true }
    assert.deepEqual(
      await valueAfter(made),
      new Map([
        ['_id', 2],
        ['n', 9],
      ]),
    )
    const removed = await valueAfter({ query: {}, sort: { n: -1 }, remove: true })
    assert.deepEqual(
      removed,
      new Map([
        ['_id', 2],
        ['n', 9],
      ]),
    )
    await remote.command('d', {
      createIndexes: 'modified',
      indexes: [{ key: { n: 1 }, name: 'n', unique: true }],
    })
    const twice = { query: { _id: 3 }, update: { $set: { n: 7 } }, upsert: true }
    await assert.rejects(valueAfter(twice), (error) => isDatabaseError(error, 'DuplicateKey'))
  })

  test('says so where a type cannot be written', async () => {
    const document = { _id: 2, old: new Undefined() }
    await assert.rejects(remote.insert('d', 'types', document), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.kind, 'unsupported')
      return /undefined/.test(error.message)
    })
  })

  test('applies pipelines, and counts what it made', async () => {
    await remote.insert('d', 'updates', { _id: 1, n: 1 })
    const pipeline = encodeDocument({ p: [{ $set: { m: '$n' } }] })
    const array = decodeDocument(pipeline).get('p') as Value[]
    await remote.update('d', 'updates', { _id: 1 }, array as never)
    const [{ buf, at }] = await find('updates')
    assert.equal(decodeDocument(buf, at).get('m'), 1)
    const made = await remote.update('d', 'updates', { _id: 5 }, { n: 1 }, { upsert: true })
    assert.equal(made, 1)
    await assert.rejects(remote.update('d', 'updates', {}, { n: 1 }, { multi: true }), /operators/)
    assert.equal(await remote.delete('d', 'updates', { _id: { $gt: 0 } }), 2)
  })

  test('reaches one member with the same user', async () => {
    const member = await remote.host(`127.0.0.1:${listener.port}`)
    const reply = decodeDocument(await member.command('admin', { connectionStatus: 1 }))
    const users = (reply.get('authInfo') as Map<string, Value>).get('authenticatedUsers')
    assert.equal((users as Map<string, Value>[])[0].get('user'), 'root')
  })

  test('tells of no password, whatever is wrong', async () => {
    const wrong = 'w#r@ng'
    const nowhere = 'mongodb://root:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=50'
    for (const [uri, kind] of [
      [uriAt(listener.port, wrong), 'unavailable'],
      [nowhere, 'unavailable'],
      ['mongodb://root:s3cret@[::1', 'invalid'],
      ['http://root:s3cret@example.com', 'invalid'],
      ['mongodb://root:s3cret@example.com/?noSuchOption=1', 'invalid'],
      ['mongodb://root:s3cret@example.com/?tls=perhaps', 'invalid'],
    ]) {
      await assert.rejects(openRemote(uri), (error) => {
        assert.ok(error instanceof AppError, String(error))
        assert.equal(error.kind, kind, error.message)
        const said = `${error.stack}${error.cause}`
        for (const secret of ['s3cret', wrong, encodeURIComponent(wrong), uri]) {
          assert.ok(!said.includes(secret), `${said} of ${uri}`)
        }
        return true
      })
    }
  })
})

test('a URI is shown without its password', () => {
  for (const [uri, shown] of [
    ['mongodb://a:b@h:1,h:2/d?x=1', 'mongodb://a@h:1,h:2/d?x=1'],
    ['mongodb+srv://a:b%40@h/', 'mongodb+srv://a@h/'],
    ['mongodb://h', 'mongodb://h'],
  ]) {
    assert.equal(shownUri(uri), shown)
  }
})

test('the URI of one host has what is about the user and not what is about the cluster', () => {
  const resolved = { authSource: 'admin', tls: true }
  const uri = uriOfHost(
    'mongodb+srv://a:b%40@c.example.com/db?replicaSet=rs&retryWrites=false&readPreference=secondary',
    'h:27018',
    resolved,
  )
  const [base, query] = uri.split('?')
  assert.equal(base, 'mongodb://a:b%40@h:27018/')
  assert.deepEqual(
    new Set(query.split('&')),
    new Set(['retryWrites=false', 'directConnection=true', 'authSource=admin', 'tls=true']),
  )
  const plain = uriOfHost('mongodb://x:1,y:2', 'x:1', { authSource: undefined, tls: false })
  assert.equal(plain, 'mongodb://x:1/?directConnection=true')
})
