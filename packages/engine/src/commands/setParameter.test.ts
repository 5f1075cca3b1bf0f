import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Decimal128, Double, type Writable } from '@gantry/bson'
import { openTestEngine, type TestEngine } from '../testing/test-engine.js'

let db: TestEngine
before(async () => {
  db = await openTestEngine()
})
after(() => db.remove())
const set = (given: Record<string, Writable>) => db.run({ setParameter: 1, ...given, $db: 'admin' })
const get = (given: Record<string, Writable>) => db.run({ getParameter: 1, ...given, $db: 'admin' })
beforeEach(() => set({ logLevel: 0, quiet: false, cursorTimeoutMillis: 600_000 }))

/** What is set, and what is there then. */
const accepted: [given: Record<string, Writable>, is: Record<string, unknown>][] = [
  [{ logLevel: 3 }, { logLevel: 3 }],
  [{ logLevel: new Double(1.5) }, { logLevel: 1 }],
  [{ logLevel: true }, { logLevel: 1 }],
  [{ logLevel: Decimal128.fromString('2') }, { logLevel: 2 }],
  [{ quiet: 'yes' }, { quiet: true }],
  [
    { quiet: 1, logLevel: 1n },
    { quiet: true, logLevel: 1 },
  ],
  [{ cursorTimeoutMillis: 5000 }, { cursorTimeoutMillis: 5000n }],
  [{ transactionLifetimeLimitSeconds: 60 }, { transactionLifetimeLimitSeconds: 60 }],
]

const refused: [given: Record<string, Writable>, codeName: string][] = [
  [{}, 'InvalidOptions'],
  [{ noSuchParameter: 1 }, 'InvalidOptions'],
  [{ logLevel: 2, noSuchParameter: 1 }, 'InvalidOptions'],
  [{ LogLevel: 1 }, 'InvalidOptions'],
  [{ authSchemaVersion: 6 }, 'IllegalOperation'],
  [{ logLevel: -1 }, 'BadValue'],
  [{ logLevel: '1' }, 'BadValue'],
  [{ logLevel: 2n ** 31n }, 'BadValue'],
  [{ logLevel: new Double(Number.NaN) }, 'BadValue'],
  [{ cursorTimeoutMillis: 0 }, 'BadValue'],
  [{ logComponentVerbosity: 'abc' }, 'TypeMismatch'],
  [{ logComponentVerbosity: { command: { verbosity: 'abc' } } }, 'BadValue'],
  [{ logComponentVerbosity: { command: 2, noSuchComponent: 1 } }, 'BadValue'],
  [{ logComponentVerbosity: { command: { verbosity: new Double(Number.NaN) } } }, 'BadValue'],
]

function text(given: Record<string, Writable>): string {
  return JSON.stringify(given, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

describe('setParameter', () => {
  for (const [given, is] of accepted) {
    test(`sets ${text(given)}`, async () => {
      const names = Object.keys(is)
      const before = await get(Object.fromEntries(names.map((name) => [name, 1])))
      const { was } = await set(given)
      assert.deepEqual(was, before[names[0]])
      const now = await get(Object.fromEntries(names.map((name) => [name, 1])))
      assert.deepEqual(now, { ...is, ok: 1 })
    })
  }

  for (const [given, codeName] of refused) {
    test(`refuses ${text(given)}`, async () => {
      const before = await get({ allParameters: true })
      const error = await db.failure({ setParameter: 1, ...given, $db: 'admin' })
      assert.equal(error.codeName, codeName)
      assert.deepEqual(await get({ allParameters: true }), before)
    })
  }

  test('sets levels by component, those below zero as the whole has them', async () => {
    const levels = { command: { verbosity: 2 }, network: { verbosity: 3, asio: 1 } }
    await set({ logComponentVerbosity: levels })
    const { logComponentVerbosity: is } = await get({ logComponentVerbosity: 1 })
    assert.deepEqual(is.command, { verbosity: 2 })
    assert.deepEqual(is.network, {
      verbosity: 3,
      asio: { verbosity: 1 },
      connectionPool: { verbosity: -1 },
    })
    await set({ logComponentVerbosity: { command: -5, network: { verbosity: -1, asio: -1 } } })
    const { logComponentVerbosity: after } = await get({ logComponentVerbosity: 1 })
    assert.deepEqual([after.verbosity, after.command.verbosity], [0, -1])
  })

  test('has commands logged that are not slow, from level 1 on', async () => {
    const logged = async () => {
      const { log } = await db.run({ getLog: 'global', $db: 'admin' })
      return log.filter((line: string) => line.includes('mark of this test')).length
    }
    await db.run({ ping: 1, comment: 'mark of this test' })
    assert.equal(await logged(), 0)
    await set({ logComponentVerbosity: { command: 1 } })
    await db.run({ ping: 1, comment: 'mark of this test' })
    await set({ logComponentVerbosity: { command: -1 } })
    assert.equal(await logged(), 1)
  })

  test('keeps quiet about connections when told to', async () => {
    const connections = async () => {
      const { log } = await db.run({ getLog: 'global', $db: 'admin' })
      return log.filter((line: string) => line.includes('10.7.7.7:1')).length
    }
    const comeAndGo = () => db.engine.disconnect(db.engine.connect({ address: '10.7.7.7:1' }))
    comeAndGo()
    assert.equal(await connections(), 2)
    await set({ quiet: true })
    comeAndGo()
    assert.equal(await connections(), 2)
  })
})

describe('getParameter', () => {
  test('with * and allParameters answers all', async () => {
    const star = await db.run({ getParameter: '*', $db: 'admin' })
    const all = await db.run({ getParameter: { allParameters: true }, $db: 'admin' })
    assert.deepEqual(star, all)
    assert.ok('logLevel' in star && 'featureCompatibilityVersion' in star)
  })

  test('with showDetails tells what can be set', async () => {
    const request = { getParameter: { showDetails: true }, logLevel: 1, authSchemaVersion: 1 }
    assert.deepEqual(await db.run({ ...request, $db: 'admin' }), {
      authSchemaVersion: { value: 5, settableAtRuntime: false, settableAtStartup: false },
      logLevel: { value: 0, settableAtRuntime: true, settableAtStartup: false },
      ok: 1,
    })
  })

  test('with setAt answers only what can be set then', async () => {
    const request = { getParameter: { allParameters: true, setAt: 'runtime' }, $db: 'admin' }
    const reply = await db.run(request)
    assert.ok('logLevel' in reply && !('authSchemaVersion' in reply))
  })

  const failures: [request: Writable, given: Record<string, Writable>, codeName: string][] = [
    [1, {}, 'InvalidOptions'],
    ['foo', {}, 'InvalidOptions'],
    [1, { LOGLEVEL: 1 }, 'InvalidOptions'],
    [{ showDetails: 'yes' }, { logLevel: 1 }, 'TypeMismatch'],
    [{ allParameters: true, setAt: 5 }, {}, 'TypeMismatch'],
    [{ allParameters: true, setAt: '' }, {}, 'BadValue'],
    [{ unknown: true }, { logLevel: 1 }, 'UnknownFieldIDL'],
  ]
  for (const [request, given, codeName] of failures) {
    test(`refuses ${JSON.stringify(request)} with ${JSON.stringify(given)}`, async () => {
      const error = await db.failure({ getParameter: request, ...given, $db: 'admin' })
      assert.equal(error.codeName, codeName)
    })
  }
})

describe('the log as commands', () => {
  const failures: [command: Record<string, Writable>, codeName: string][] = [
    [{ getLog: 'rs' }, 'OperationFailed'],
    [{ getLog: 5 }, 'TypeMismatch'],
    [{ getLog: null }, 'MissingFieldIDL'],
    [{ getLog: 'global', other: 1 }, 'UnknownFieldIDL'],
    [{ getLog: 'global', $db: 'test' }, 'Unauthorized'],
    [{ logRotate: 'audit' }, 'NoSuchKey'],
    [{ logRotate: {} }, 'TypeMismatch'],
    [{ logRotate: null }, 'TypeMismatch'],
    [{ logRotate: 1, other: 1 }, 'UnknownFieldIDL'],
    [{ lockInfo: 1, other: 1 }, 'UnknownFieldIDL'],
  ]
  for (const [command, codeName] of failures) {
    test(`${JSON.stringify(command)} fails`, async () => {
      assert.equal(
        (await db.failure({ ...command, $db: command.$db ?? 'admin' })).codeName,
        codeName,
      )
    })
  }

  test('getLog names the logs and shows their lines', async () => {
    const { names } = await db.run({ getLog: '*', $db: 'admin' })
    assert.deepEqual(names, ['global', 'startupWarnings'])
    const { log, totalLinesWritten } = await db.run({ getLog: 'global', $db: 'admin' })
    assert.equal(log.length, totalLinesWritten)
    assert.equal(JSON.parse(log[0]).msg, 'Data opened')
  })

  test('logRotate leaves word for whoever keeps the lines', async () => {
    for (const logRotate of [1, true, 'server', new Double(0)])
      assert.equal((await db.run({ logRotate, $db: 'admin' })).ok, 1)
    const { log } = await db.run({ getLog: 'global', $db: 'admin' })
    const rotations = log.filter((line: string) => line.includes('Log rotation initiated'))
    assert.equal(rotations.length, 4)
  })
})
