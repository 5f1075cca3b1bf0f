import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { keepSelfSigned } from './certificate.js'
import { makeSelfSigned } from './self-signed.js'

const DAY = 24 * 3600 * 1000

describe('makeSelfSigned', () => {
  const hosts = ['localhost', '127.0.0.1', '::1', '2001:db8::a:0:1', '::ffff:10.1.2.3', 'a.example']
  const { key, cert } = makeSelfSigned(hosts, Date.now())
  const x509 = new X509Certificate(cert)

  test('is signed by its own key and says what it is for', () => {
    assert.ok(x509.verify(x509.publicKey))
    assert.ok(x509.checkPrivateKey(createPrivateKey(key)))
    assert.ok(x509.ca)
    assert.deepEqual(x509.keyUsage, ['1.3.6.1.5.5.7.3.1'])
    assert.ok(Date.parse(x509.validFrom) < Date.now())
    assert.ok(Date.parse(x509.validTo) > Date.now() + 390 * DAY)
  })

  test('names its hosts and no others', () => {
    for (const host of ['localhost', 'a.example']) assert.equal(x509.checkHost(host), host)
    for (const ip of ['127.0.0.1', '::1', '2001:db8::a:0:1']) assert.ok(x509.checkIP(ip), ip)
    assert.match(x509.subjectAltName ?? '', /0:0:0:0:0:FFFF:A01:203/i)
    assert.equal(x509.checkHost('b.example'), undefined)
    assert.equal(x509.checkIP('127.0.0.2'), undefined)
  })

  test('dates beyond 2049 are written as such', () => {
    const far = new X509Certificate(makeSelfSigned(['a'], Date.UTC(2060, 0, 1)).cert)
    assert.match(far.validTo, /2061/)
  })

  test('a client that trusts it connects', async () => {
    const server = createServer({ key, cert }, (socket) => socket.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      const socket = await new Promise<TLSSocket>((resolve, reject) => {
        const client = connect({ port, host: '127.0.0.1', ca: cert }, () => resolve(client))
        client.once('error', reject)
      })
      assert.equal(socket.authorized, true)
      socket.destroy()
    } finally {
      server.close()
    }
  })
})

describe('keepSelfSigned', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  test('keeps a good one and replaces any other', async () => {
    const first = await keepSelfSigned(folder, '127.0.0.1')
    assert.equal(statSync(join(folder, 'self-signed.pem')).mode & 0o777, 0o600)
    assert.deepEqual(await keepSelfSigned(folder, '127.0.0.1'), first)
    const later = await keepSelfSigned(folder, '127.0.0.1', Date.now() + 380 * DAY)
    assert.notEqual(later.cert, first.cert)
    const named = await keepSelfSigned(folder, 'db.example', Date.now() + 380 * DAY)
    assert.equal(new X509Certificate(named.cert).checkHost('db.example'), 'db.example')
    writeFileSync(join(folder, 'self-signed.pem'), 'nonsense')
    const again = await keepSelfSigned(folder, 'db.example')
    assert.notEqual(again.cert, named.cert)
  })
})
