import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { realRedis } from '../../testing/real-redis.js'
import { makeSelfSigned } from '../../tls/self-signed.js'
import type { RunningRedis, ServiceSpec } from '../driver.js'
import { freePort } from '../free-port.js'
import { attachedRedis } from './attached.js'
import { parseRedisUri } from './attached-uri.js'
import { connectRedis } from './connection.js'

const { skip } = await realRedis()

function specOf(uri?: string): ServiceSpec {
  const plain = { type: 'redis', version: '7', plan: 1, settings: {}, user: '', password: '' }
  return { ...plain, ...(uri !== undefined && { uri }) }
}

describe('an attached Redis', { skip }, () => {
  let folder: string
  const processes: ChildProcess[] = []
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-attached-'))
  })
  after(async () => {
    for (const child of processes) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    rmSync(folder, { recursive: true })
  })

  /** Runs a server and resolves when it answers; `config` is a line each. */
  async function serve(
    port: number,
    config: readonly string[],
    args: string[] = [],
  ): Promise<void> {
    const own = join(folder, String(port))
    mkdirSync(own)
    writeFileSync(join(own, 'redis.conf'), `${['bind 127.0.0.1', ...config].join('\n')}\n`)
    processes.push(spawn('redis-server', ['redis.conf', ...args], { cwd: own, stdio: 'ignore' }))
  }

  async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
    const deadline = Date.now() + 20_000
    for (;;) {
      const answer = await ask().catch((error: unknown) => {
        if (Date.now() > deadline) throw error
        return undefined
      })
      if (answer !== undefined && isIt(answer)) return answer
      assert.ok(Date.now() < deadline, `not within 20 s: ${JSON.stringify(answer)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  const attach = (uri: string) =>
    until(
      () => attachedRedis.start(specOf(uri), { folder }),
      () => true,
    )

  async function withAttached(uri: string, use: (redis: RunningRedis) => Promise<void>) {
    const redis = await attach(uri)
    try {
      await redis.health()
      await use(redis)
    } finally {
      await redis.stop()
    }
  }

  test('is one server, with a password', async () => {
    const port = await freePort()
    // Nothing that the driver asks is slow, however busy the machine is.
    const settings = ['requirepass "p@ss:word"', 'maxmemory 100mb', 'slowlog-log-slower-than -1']
    await serve(port, [`port ${port}`, ...settings])
    await withAttached(`redis://:p%40ss%3Aword@127.0.0.1:${port}`, async (redis) => {
      assert.equal(await redis.setting('maxmemory'), String(100 * 1024 * 1024))
      assert.equal(await redis.setting('nothing'), undefined)
      const [{ host, values }] = (await redis.statistics?.()) ?? []
      assert.equal(host, `127.0.0.1:${port}`)
      assert.ok(values.used_memory > 0)
      assert.deepEqual(await redis.slowLog(5), [])
      assert.equal(redis.accept, undefined)
    })
    const wrong = attachedRedis.start(specOf(`redis://:other@127.0.0.1:${port}`), { folder })
    await assert.rejects(
      wrong,
      (error: Error) => /WRONGPASS/.test(error.message) && !/other/.test(error.message),
    )
  })

  test('is over TLS', async () => {
    const port = await freePort()
    const { cert, key } = makeSelfSigned(['127.0.0.1'], Date.now())
    const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => join(folder, name))
    writeFileSync(certFile, cert)
    writeFileSync(keyFile, key)
    await serve(port, [
      'port 0',
      `tls-port ${port}`,
      `tls-cert-file ${certFile}`,
      `tls-key-file ${keyFile}`,
      `tls-ca-cert-file ${certFile}`,
      'tls-auth-clients no',
    ])
    const uri = `rediss://127.0.0.1:${port}`
    await withAttached(`${uri}/?tlsInsecure=true`, async (redis) => {
      assert.equal((await redis.nodes()).length, 1)
    })
    await assert.rejects(attachedRedis.start(specOf(uri), { folder }), /certificate/)
  })

  test('is a primary and a replica that Sentinels know', async () => {
    const [primary, replica, sentinel] = [await freePort(), await freePort(), await freePort()]
    await serve(primary, [`port ${primary}`])
    await serve(replica, [`port ${replica}`, `replicaof 127.0.0.1 ${primary}`])
    const watched = `sentinel monitor mymaster 127.0.0.1 ${primary} 1`
    await serve(sentinel, [`port ${sentinel}`, watched], ['--sentinel'])
    const uri = `redis+sentinel://127.0.0.1:${await freePort()},127.0.0.1:${sentinel}/mymaster`
    await withAttached(uri, async (redis) => {
      const nodes = await until(
        () => redis.nodes(),
        (found) => found.length === 2,
      )
      assert.deepEqual(
        nodes.map(({ host, isPrimary }) => [host, isPrimary]),
        [
          [`127.0.0.1:${primary}`, true],
          [`127.0.0.1:${replica}`, false],
        ],
      )
    })
    const other = attachedRedis.start(specOf(uri.replace('mymaster', 'none')), { folder })
    await assert.rejects(other, /no primary called "none"/)
  })

  test('is a cluster, whose servers are found by one of them', async () => {
    const ports = [await freePort(), await freePort()]
    const buses = [await freePort(), await freePort()]
    for (const [index, port] of ports.entries()) {
      await serve(port, [`port ${port}`, 'cluster-enabled yes', `cluster-port ${buses[index]}`])
    }
    const [one, two] = await Promise.all(
      ports.map((port) =>
        until(
          () => connectRedis({ host: '127.0.0.1', port }, {}),
          () => true,
        ),
      ),
    )
    await one.command(['CLUSTER', 'ADDSLOTSRANGE', '0', '8000'])
    await two.command(['CLUSTER', 'ADDSLOTSRANGE', '8001', '16383'])
    await one.command(['CLUSTER', 'MEET', '127.0.0.1', String(ports[1]), String(buses[1])])
    await withAttached(`redis://127.0.0.1:${ports[0]}`, async (redis) => {
      const nodes = await until(
        () => redis.nodes(),
        (found) => found.length === 2,
      )
      assert.deepEqual(
        nodes.map(({ host }) => host).sort(),
        ports.map((port) => `127.0.0.1:${port}`).sort(),
      )
      assert.ok(nodes.every(({ isPrimary }) => isPrimary))
    })
    one.close()
    two.close()
  })
})

describe('the URI of a Redis', () => {
  test('names hosts, login and TLS', () => {
    assert.deepEqual(parseRedisUri('redis://h'), {
      addresses: [{ host: 'h', port: 6379 }],
      login: {},
      sentinelOf: undefined,
    })
    assert.deepEqual(
      parseRedisUri('rediss+sentinel://u:p%2F@a:1,[::1]:2/the%20one?tlsInsecure=true'),
      {
        addresses: [
          { host: 'a', port: 1 },
          { host: '::1', port: 2 },
        ],
        login: { username: 'u', password: 'p/', tls: { verify: false } },
        sentinelOf: 'the one',
      },
    )
  })

  for (const [uri, why] of [
    ['http://h', /another form/],
    ['redis://:secret@', /another form/],
    ['redis+sentinel://:secret@h', /name of the primary/],
    ['redis://:secret@h?tlsInsecure=true', /no use without TLS/],
    ['rediss://:secret@h?color=red', /color is not known/],
    ['redis://:secret@h:123456', /host is malformed/],
  ] as const) {
    test(`that is ${uri} is refused without telling what it holds`, () => {
      assert.throws(
        () => parseRedisUri(uri),
        (error: Error) => {
          assert.match(error.message, why)
          assert.doesNotMatch(error.message, /secret/)
          return true
        },
      )
    })
  }
})
