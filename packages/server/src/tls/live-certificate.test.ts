import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { listen } from '../http/listener.js'
import { readCertificate } from './certificate.js'
import { openLiveCertificate } from './live-certificate.js'
import { makeSelfSigned } from './self-signed.js'

describe('a certificate in use', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'))
  after(() => rmSync(folder, { recursive: true }))
  const files = [join(folder, 'cert.pem'), join(folder, 'key.pem')]

  function write(name: string, which: readonly ('cert' | 'key')[] = ['cert', 'key']): void {
    const made = makeSelfSigned([name], Date.now())
    for (const part of which) writeFileSync(files[part === 'cert' ? 0 : 1], made[part])
  }

  function open(watched: readonly string[], warn: (error: unknown) => void = () => {}) {
    const read = () => readCertificate(files[0], files[1])
    return openLiveCertificate({ read, files: watched, warn })
  }

  async function nameAt(url: string): Promise<string> {
    const { port } = new URL(url)
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subjectaltname = '' } = socket.getPeerCertificate()
    socket.destroy()
    return subjectaltname
  }

  test('is replaced under an open listener, and stays when the new one is no good', async () => {
    write('first.example')
    const certificate = await open([])
    const options = { host: '127.0.0.1', port: 0, requestTimeoutMs: 1000, bodyLimit: 1 }
    const listener = await listen((_request, response) => response.end('ok'), {
      ...options,
      certificate,
    })
    assert.equal(await nameAt(listener.url), 'DNS:first.example')
    write('second.example')
    await certificate.reload()
    assert.equal(await nameAt(listener.url), 'DNS:second.example')
    const context = certificate.context()
    write('third.example', ['cert'])
    await assert.rejects(certificate.reload())
    assert.equal(certificate.context(), context)
    assert.equal(await nameAt(listener.url), 'DNS:second.example')
    await listener.close(0)
    certificate.close()
  })

  test('is read again when its files have changed', async () => {
    write('before.example')
    const certificate = await open(files)
    const renewed = new Promise<string>((resolve) => {
      certificate.onRenewed(({ cert }) => resolve(cert))
    })
    const before = certificate.current.cert
    // Again and again, as nothing tells when the files are being watched.
    const writing = setInterval(() => write('afterwards.example'), 300)
    assert.notEqual(await renewed, before)
    clearInterval(writing)
    certificate.close()
  })
})
