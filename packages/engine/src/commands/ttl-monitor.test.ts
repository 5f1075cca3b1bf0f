import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { DateTime, decodeDocument, encodeDocument, type Writable } from '@gantry/bson'
import { type FolderEngine, openEngine } from '../open-engine.js'

const NOON = Date.UTC(2030, 0, 1, 12)
const path = mkdtempSync(join(tmpdir(), 'gantry-ttl-'))
let nowMs = NOON
let engine: FolderEngine

before(async () => {
  engine = await openEngine({ path, now: () => nowMs })
})
after(async () => {
  await engine.close()
  rmSync(path, { recursive: true })
})

async function run(command: Record<string, Writable>) {
  const session = engine.connect({ internal: true })
  const body = encodeDocument({ ...command, $db: 'test' })
  const reply = await engine.run(session, { body })
  engine.disconnect(session)
  return decodeDocument(encodeDocument(reply))
}

async function left(): Promise<unknown[]> {
  const reply = await run({ distinct: 'c', key: '_id' })
  return reply.get('values') as unknown[]
}

function secondsAgo(seconds: number): DateTime {
  return DateTime.fromMs(NOON - seconds * 1000)
}

beforeEach(async () => {
  nowMs = NOON
  await run({ dropDatabase: 1 })
  const docs: Record<string, Writable>[] = [
    { _id: 'old', at: secondsAgo(61) },
    { _id: 'due', at: secondsAgo(60) },
    { _id: 'young', at: secondsAgo(59) },
    { _id: 'one of many', at: [secondsAgo(1), secondsAgo(100)] },
    { _id: 'number', at: 5 },
    { _id: 'text', at: '2000' },
    { _id: 'none' },
    { _id: 'kept', at: secondsAgo(100), keep: true },
  ]
  await run({ insert: 'c', documents: docs })
})

async function createIndex(options: Record<string, Writable>): Promise<void> {
  await run({ createIndexes: 'c', indexes: [{ key: { at: 1 }, name: 'at', ...options }] })
}

describe('expired documents', () => {
  test('are removed by a TTL index', async () => {
    await createIndex({ expireAfterSeconds: 60 })
    await engine.removeExpired()
    assert.deepEqual(await left(), ['none', 'number', 'text', 'young'])
    nowMs += 1000
    await engine.removeExpired()
    assert.deepEqual(await left(), ['none', 'number', 'text'])
  })
  test('are removed only if a partial index holds them', async () => {
    await createIndex({ expireAfterSeconds: 60, partialFilterExpression: { keep: true } })
    await engine.removeExpired()
    assert.equal((await left()).length, 7)
  })
  test('stay without a TTL index', async () => {
    await createIndex({})
    await engine.removeExpired()
    assert.equal((await left()).length, 8)
  })
  test('go after as long as collMod says', async () => {
    await createIndex({ expireAfterSeconds: 60 })
    await run({ collMod: 'c', index: { name: 'at', expireAfterSeconds: 100 } })
    await engine.removeExpired()
    assert.deepEqual(await left(), ['due', 'none', 'number', 'old', 'text', 'young'])
  })
  test('are removed where there are many', async () => {
    await createIndex({ expireAfterSeconds: 0 })
    const documents = Array.from({ length: 5000 }, (_, _id) => ({ _id, at: secondsAgo(1) }))
    await run({ insert: 'c', documents })
    await engine.removeExpired()
    assert.deepEqual(await left(), ['none', 'number', 'text'])
  })
})
