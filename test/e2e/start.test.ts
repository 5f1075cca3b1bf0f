import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type GantryProcess, spawnGantry, startGantry } from '../support/gantry-process.js'
import { callV1 } from '../support/v1.js'

const command = fileURLToPath(new URL('../../../packages/cli/bin/gantry.js', import.meta.url))
const ENDED = { code: 0, signal: null }

describe('gantry serve', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-start-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** Runs something against a server and ends that. */
  async function withGantry(
    use: (gantry: GantryProcess) => Promise<void>,
    args: string[] = [],
    dataDir?: string,
  ) {
    const gantry = await startGantry(args, dataDir)
    try {
      await use(gantry)
    } finally {
      await gantry.stop()
    }
    return gantry
  }

  test('gets ready, answers, and leaves on SIGTERM and on SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const gantry = await startGantry()
      for (const path of ['/healthz', '/readyz']) {
        assert.equal((await fetch(gantry.url + path)).status, 200)
      }
      assert.equal((await fetch(`${gantry.url}/no-such-path`)).status, 404)
      gantry.signal(signal)
      assert.deepEqual(await gantry.exit, ENDED)
      await gantry.stop()
    }
  })

  test('the first start makes credentials, later ones keep them', async () => {
    const dataDir = join(folder, 'first')
    const path = join(dataDir, 'credentials.json')
    let first = ''
    const gantry = await withGantry(
      async (running) => {
        first = readFileSync(path, 'utf8')
        const { url, login, password, uid, instance, apiKey, publicKey, privateKey } =
          running.credentials()
        assert.equal(url, running.url)
        assert.match(apiKey, /^[0-9a-f]{32}$/)
        assert.match(uid, /^[0-9a-f]{24}$/)
        assert.match(publicKey, /^[a-z]{8}$/)
        assert.match(privateKey, /^[0-9a-f-]{36}$/)
        assert.equal(instance, 'default')
        assert.ok(login && password.length >= 20)
        await callV1(running, '/db/d/collection/c/add', { doc: '{"_id":1}' })
        const output = running.lines.join('\n') + running.stderr()
        const userPassword = new URL(running.credentials().connectString).password
        for (const secret of [password, apiKey, privateKey, userPassword])
          assert.ok(!output.includes(secret))
        assert.match(output, /credentials\.json/)
      },
      [],
      dataDir,
    )
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(dataDir, 'secret.key')).mode & 0o777, 0o600)
    assert.ok(!existsSync(join(dataDir, 'first-start.json')))
    const port = new URL(gantry.url).port
    const again = await withGantry(
      async (running) => {
        assert.equal(readFileSync(path, 'utf8'), first)
        assert.equal(running.lines.length, 1)
        const { json } = await callV1(running, '/db/d/collection/c/get')
        assert.deepEqual(json.data, [{ _id: 1 }])
      },
      ['--port', port],
      dataDir,
    )
    assert.equal(again.url, gantry.url)
  })

  test('at another port only the addresses change', async () => {
    const dataDir = join(folder, 'moved')
    const read = () => JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8'))
    await withGantry(async () => {}, [], dataDir)
    const first = read()
    await withGantry(
      async ({ url }) => {
        const { tlsUrl, ...rest } = read()
        assert.match(tlsUrl, /^https:/)
        assert.deepEqual(rest, { ...first, url })
      },
      ['--tls-port', '0'],
      dataDir,
    )
  })

  test('a first start that is killed at any moment is completed by the next', async () => {
    // Each attempt is cut off a bit later than the one before, until one gets through.
    const dataDir = join(folder, 'killed')
    for (let attempt = 1; attempt <= 8; attempt++) {
      const { child, exit } = spawnGantry(['--data-dir', dataDir])
      const timer = setTimeout(() => child.kill('SIGKILL'), attempt * 60)
      child.stdout.once('data', () => child.kill('SIGKILL'))
      assert.equal((await exit).signal, 'SIGKILL')
      clearTimeout(timer)
    }
    await withGantry(
      async (running) => {
        const { status, json } = await callV1(running, '/instance')
        assert.equal(status, 200)
        assert.equal((json.data as { name: string }).name, 'default')
        assert.ok(!existsSync(join(dataDir, 'first-start.json')))
      },
      [],
      dataDir,
    )
  })

  test('a write that was acknowledged survives kill -9', async () => {
    const dataDir = join(folder, 'crash')
    const gantry = await startGantry([], dataDir)
    for (let n = 0; n < 20; n++) {
      await callV1(gantry, '/db/d/collection/c/add', { doc: `{"_id":${n}}` })
    }
    gantry.signal('SIGKILL')
    await gantry.exit
    await withGantry(
      async (running) => {
        const { json } = await callV1(running, '/db/d/collection/c/get')
        assert.equal((json.data as unknown[]).length, 20)
      },
      [],
      dataDir,
    )
  })

  test('a second server on the same data directory is refused', async () => {
    await withGantry(async ({ dataDir, pid }) => {
      await assert.rejects(startGantry([], dataDir), new RegExp(`in use by process ${pid}`))
    })
  })

  test('SIGTERM lets a request in flight end, and takes no new one', async () => {
    const gantry = await startGantry()
    const body = `api_key=${gantry.credentials().apiKey}&doc={"_id":1}`
    const answer = new Promise<number | undefined>((resolve, reject) => {
      const upload = request(`${gantry.url}/db/d/collection/c/add`, {
        method: 'POST',
        headers: { 'content-length': body.length, expect: '100-continue' },
      })
      upload.on('response', (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      upload.on('error', reject)
      upload.flushHeaders()
      upload.on('continue', () => {
        gantry.signal('SIGTERM')
        // The body is sent once the server has stopped to listen.
        const probe = () => {
          fetch(`${gantry.url}/healthz`).then(
            () => setTimeout(probe, 5),
            () => upload.end(body),
          )
        }
        probe()
      })
    })
    assert.equal(await answer, 200)
    assert.deepEqual(await gantry.exit, ENDED)
    await gantry.stop()
  })

  describe('refuses', () => {
    const refused: { name: string; args: string[]; message: RegExp }[] = [
      {
        name: 'an unknown option',
        args: ['--no-such-option'],
        message: /status 2.*no-such-option/s,
      },
      {
        name: 'a state it does not support',
        args: ['--state', 'redis://x'],
        message: /status 1.*not a usable MongoDB URI/s,
      },
      {
        name: 'a certificate that is not there',
        args: ['--tls-port', '0', '--tls-cert', '/no', '--tls-key', '/no'],
        message: /status 1.*\/no/s,
      },
    ]
    for (const { name, args, message } of refused) {
      test(name, () => assert.rejects(startGantry(args), message))
    }

    test('a port in use', async () => {
      await withGantry(async ({ url }) => {
        const { port } = new URL(url)
        await assert.rejects(startGantry(['--port', port]), /status 1.*cannot listen.*EADDRINUSE/s)
      })
    })
  })

  test('help and version', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' }).stdout
    assert.match(run('--version'), /^\d+\.\d+\.\d+\n$/)
    assert.match(run('help'), /serve/)
    assert.match(run('help', 'serve'), /--tls-port PORT.*GANTRY_TLS_PORT/)
    assert.equal(run('help', 'serve'), run('serve', '--help'))
  })
})
