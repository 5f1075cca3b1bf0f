import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { portWithTls } from '../support/ports.js'

/** Two self-signed certificates, as two first starts make them. */
describe('certificates are replaced without a restart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-reload-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made: string[] = []
  let gantry: GantryProcess
  before(async () => {
    for (let i = 0; i < 2; i++) {
      const other = await startGantry(['--tls-port', '0'])
      made.push(join(folder, `${i}.pem`))
      cpSync(join(other.dataDir, 'tls', 'self-signed.pem'), made[i])
      await other.stop()
    }
    place(0)
    const port = String(await portWithTls())
    const tls = ['--tls-port', '0', '--tls-cert', cert, '--tls-key', key]
    gantry = await startGantry([...tls, '--mongo-port', port])
  })
  after(async () => {
    await gantry.stop()
    rmSync(folder, { recursive: true })
  })

  /** Both files hold both parts, of which each setting takes its own. */
  function place(which: number): void {
    const text = readFileSync(made[which])
    writeFileSync(key, text)
    writeFileSync(cert, text)
  }

  async function fingerprintAt(port: number): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }

  test('on SIGHUP, for the HTTP APIs and for drivers', async () => {
    const { tlsUrl, connectString } = gantry.credentials()
    const ports = [Number(new URL(tlsUrl ?? '').port), Number(new URL(connectString).port) + 10_000]
    const [http, mongodb] = await Promise.all(ports.map(fingerprintAt))
    assert.equal(http, mongodb)
    place(1)
    gantry.signal('SIGHUP')
    let now = http
    while (now === http) now = await fingerprintAt(ports[0])
    assert.equal(await fingerprintAt(ports[1]), now)
  })
})
