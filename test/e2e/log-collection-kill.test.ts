import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { type PublicClient, publicClients } from '../support/public-clients.js'

/** A way to a port that can be blocked: what is sent then stays where it is. */
interface Gate {
  readonly port: number
  isOpen: boolean
  close(): Promise<void>
}

async function openGate(to: () => number): Promise<Gate> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    const onward = connect(to(), '127.0.0.1')
    for (const [from, into] of [
      [socket, onward],
      [onward, socket],
    ]) {
      sockets.add(from)
      from.on('data', (bytes) => gate.isOpen && into.write(bytes))
      from.on('error', () => into.destroy())
      from.on('close', () => into.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const gate: Gate = {
    port: (server.address() as { port: number }).port,
    isOpen: true,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return gate
}

describe('kill -9 while logs are collected', () => {
  let dataDir: string
  let gantry: GantryProcess
  let gate: Gate
  let client: PublicClient
  before(async () => {
    const kind = publicClients.find(({ missing }) => missing === undefined)
    assert.ok(kind)
    client = kind.open()
    dataDir = mkdtempSync(join(tmpdir(), 'gantry-logs-kill-'))
    gantry = await startGantry(['--log-level', 'error'], dataDir)
    gate = await openGate(() => Number(new URL(gantry.credentials().connectString).port))
  })
  after(async () => {
    await client.close()
    await gantry.stop()
    await gate.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const call = async (method: string, path: string, body?: object) => {
    const url = `${gantry.url}/api/public/v1.0${path}`
    const { status, text } = await client.call(gantry.credentials(), method, url, body)
    assert.ok(status < 300, `${method} ${path}: ${text}`)
    return JSON.parse(text)
  }

  test('they are collected by the next start', async () => {
    const group = (await call('GET', '/groups')).results[0].id
    const { username, password } = new URL(gantry.credentials().connectString)
    await call('POST', `/groups/${group}/hosts`, {
      hostname: '127.0.0.1',
      port: gate.port,
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      authMechanismName: 'MONGODB_CR',
    })
    gate.isOpen = false
    const jobs = `/groups/${group}/logCollectionJobs`
    const { id } = await call('POST', jobs, {
      resourceType: 'process',
      resourceName: `127.0.0.1:${gate.port}`,
      sizeRequestedPerFileBytes: 100_000,
      logTypes: ['MONGODB'],
      redacted: true,
    })
    assert.equal((await call('GET', `${jobs}/${id}`)).status, 'IN_PROGRESS')
    gantry.signal('SIGKILL')
    await gantry.exit
    const stray = join(dataDir, 'collected-logs', `${'0'.repeat(24)}.tar.gz`)
    writeFileSync(stray, 'of a job that another server has deleted')
    gate.isOpen = true
    gantry = await startGantry(['--log-level', 'error'], dataDir)
    let job = await call('GET', `${jobs}/${id}?verbose=true`)
    while (job.status === 'IN_PROGRESS') {
      await new Promise((resolve) => setTimeout(resolve, 50))
      job = await call('GET', `${jobs}/${id}?verbose=true`)
    }
    assert.equal(job.status, 'SUCCESS', JSON.stringify(job))
    const archive = gunzipSync(readFileSync(join(dataDir, 'collected-logs', `${id}.tar.gz`)))
    assert.equal(archive.toString('latin1', 0, 100).replaceAll('\0', ''), job.childJobs[0].path)
    assert.match(archive.toString(), /"msg":/)
    while (existsSync(stray)) await new Promise((resolve) => setTimeout(resolve, 50))
  })
})
