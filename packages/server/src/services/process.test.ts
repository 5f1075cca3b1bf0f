import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAlive } from '../data-dir/process-identity.js'
import { AppError } from '../errors.js'
import { freePort } from './free-port.js'
import { endLeftover, type ProcessSpec, type SupervisedProcess, startProcess } from './process.js'

/** Serves its own number at the port in its file of settings, and ends when told `end`. */
const SERVER = `
const { readFileSync } = require('node:fs')
const { port, stubborn } = JSON.parse(readFileSync('settings.json', 'utf8'))
if (stubborn) process.on('SIGTERM', () => console.log('no'))
require('node:net').createServer((socket) => {
  socket.on('error', () => {}).end(String(process.pid))
}).listen(port, '127.0.0.1', () => console.log('ready at', port))
`

describe('a supervised process', () => {
  let folder: string
  let port: number
  let warnings: string[]
  let warned: () => void
  const started: SupervisedProcess[] = []

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-process-'))
    port = await freePort()
    warnings = []
    warned = () => {}
  })
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop()
    rmSync(folder, { recursive: true })
  })

  function specOf(settings: object = {}): ProcessSpec {
    return {
      name: 'the server',
      command: process.execPath,
      args: ['-e', SERVER],
      folder: join(folder, 'own'),
      files: { 'settings.json': JSON.stringify({ port, ...settings }) },
      ready: async () => void (await ask(port)),
      warn(message) {
        warnings.push(message)
        warned()
      },
    }
  }

  async function start(spec = specOf()): Promise<SupervisedProcess> {
    const process = await startProcess(spec)
    started.push(process)
    return process
  }

  test('is ready when the start resolves, and gone when the stop does', async () => {
    const server = await start()
    assert.equal(await ask(port), String(server.pid))
    await server.health()
    assert.equal(server.adopted, false)
    assert.deepEqual(await server.log(10), [`ready at ${port}`])
    const pid = server.pid ?? assert.fail('it has no number')
    await server.stop()
    assert.equal(isAlive(pid), false)
    assert.ok(!existsSync(join(folder, 'own', 'process.pid.json')))
  })

  test('keeps its files to their owner', async () => {
    await start()
    for (const file of ['settings.json', 'process.log', 'process.pid.json']) {
      assert.equal(statSync(join(folder, 'own', file)).mode & 0o777, 0o600, file)
    }
  })

  test('is started again when it dies, each time', async () => {
    const server = await start()
    for (let time = 1; time <= 2; time++) {
      const pid = server.pid ?? assert.fail('it has no number')
      const told = new Promise<void>((resolve) => {
        warned = resolve
      })
      process.kill(pid, 'SIGKILL')
      await told
      assert.match(warnings.at(-1) ?? '', /the server was ended by SIGKILL/)
      await until(async () => (await ask(port)) !== String(pid))
    }
    await until(() => server.health())
  })

  test('is killed when it does not end by itself', async () => {
    const server = await start({ ...specOf({ stubborn: true }), stopMs: 50 })
    const pid = server.pid ?? assert.fail('it has no number')
    await server.stop()
    assert.equal(isAlive(pid), false)
    assert.deepEqual(await server.log(1), ['no'])
  })

  test('says what it was when it ends before it is ready, and leaves nothing', async () => {
    const spec = { ...specOf(), args: ['-e', 'console.error("no such disk"); process.exit(3)'] }
    await assert.rejects(startProcess(spec), (error) => {
      assert.ok(error instanceof AppError)
      assert.match(
        error.message,
        /the server ended with status 3 before it was ready.*no such disk/,
      )
      return true
    })
    await assert.rejects(startProcess({ ...specOf(), command: 'no-such-command' }), /no-such-comm/)
    const idle = { ...specOf(), args: ['-e', 'setInterval(() => {}, 1000)'], readyMs: 100 }
    await assert.rejects(startProcess(idle), /the server is not ready after 0.1 s/)
    assert.ok(!existsSync(join(folder, 'own', 'process.pid.json')))
  })

  describe('that a crash has left behind', () => {
    /** Starts it in a process that is then killed; resolves with the number of the one left. */
    async function leaveBehind(settings: object = {}): Promise<number> {
      const { command, args, files, name } = specOf(settings)
      const code = `
        import { startProcess } from ${JSON.stringify(new URL('./process.js', import.meta.url))}
        const ready = async () => { await (await import('node:net')).createConnection(${port}, '127.0.0.1').on('error', () => {}).toArray().then((all) => { if (all.length === 0) throw new Error('down') }) }
        const server = await startProcess({ ...${JSON.stringify({ name, command, args, files, folder: join(folder, 'own') })}, ready })
        console.log(server.pid)
        setInterval(() => {}, 1000)`
      const gantry = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: fileURLToPath(new URL('.', import.meta.url)),
      })
      const [said] = await once(gantry.stdout, 'data')
      gantry.kill('SIGKILL')
      await once(gantry, 'exit')
      return Number(String(said))
    }

    test('is taken over while it is what is wanted, and looked after', async () => {
      const pid = await leaveBehind()
      const server = await start()
      assert.equal(server.adopted, true)
      assert.equal(server.pid, pid)
      assert.equal(await ask(port), String(pid))
      process.kill(pid, 'SIGKILL')
      await until(async () => (await ask(port)) !== String(pid))
      await until(() => server.health())
    })

    test('is ended when another is wanted', async () => {
      const pid = await leaveBehind()
      const server = await start(specOf({ other: true }))
      assert.equal(server.adopted, false)
      assert.equal(isAlive(pid), false)
      assert.equal(await ask(port), String(server.pid))
    })

    test('is ended when none is wanted', async () => {
      const pid = await leaveBehind()
      await endLeftover({ folder: join(folder, 'own'), id: 'process' }, 1000)
      assert.equal(isAlive(pid), false)
    })

    test('is found when the crash was before its number was noted', async (t) => {
      if (!existsSync('/proc/self/stat')) return t.skip('needs /proc')
      const pid = await leaveBehind()
      const path = join(folder, 'own', 'process.pid.json')
      const { signature } = JSON.parse(readFileSync(path, 'utf8'))
      writeFileSync(path, JSON.stringify({ signature }))
      const server = await start()
      assert.notEqual(server.pid, pid)
      assert.equal(isAlive(pid), false)
    })

    test('leaves a stranger of the same number alone', async () => {
      const pid = await leaveBehind()
      const path = join(folder, 'own', 'process.pid.json')
      const record = JSON.parse(readFileSync(path, 'utf8'))
      const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      try {
        writeFileSync(path, JSON.stringify({ ...record, pid: stranger.pid }))
        process.kill(pid, 'SIGKILL')
        await until(async () => !isAlive(pid))
        const server = await start()
        assert.equal(server.adopted, false)
        assert.equal(isAlive(stranger.pid as number), true)
      } finally {
        stranger.kill('SIGKILL')
      }
    })
  })

  test('has no settings in its arguments', async () => {
    const server = await start(specOf({ password: 'a secret' }))
    const shown = execFileSync('ps', ['-o', 'args=', '-p', String(server.pid)], {
      encoding: 'utf8',
    })
    assert.doesNotMatch(shown, /a secret/)
  })
})

async function ask(port: number): Promise<string> {
  const socket = createConnection(port, '127.0.0.1')
  const answer = await socket.setEncoding('utf8').toArray()
  return answer.join('')
}

/** Tries again until what is tried neither rejects nor resolves with false. */
async function until(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      if ((await attempt()) !== false) return
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
