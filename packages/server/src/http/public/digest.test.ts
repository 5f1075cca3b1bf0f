import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { type ApiKey, digestHashes } from '../../control/api-keys/api-keys.js'
import { readAuthorization } from './authorization-header.js'
import { challenges, type DigestAlgorithm, responseOf, verify } from './digest.js'
import { openNonces } from './nonces.js'

const NAME = 'abcdefgh'
const SECRET = '0d8f4c1e-1111-4222-8333-944444444444'
const TARGET = '/api/public/v1.0/groups?pageNum=1&itemsPerPage=100'

const key: ApiKey = {
  id: '1'.repeat(24),
  account: '2'.repeat(24),
  publicKey: NAME,
  ...digestHashes(NAME, SECRET),
  description: '',
  roles: [],
  createdMs: 0,
}

describe('Digest', () => {
  const answer = (nc: string) => ({
    username: NAME,
    realm: 'MMS Public API',
    nonce: 'dcd98b7102dd2f0e',
    uri: TARGET,
    cnonce: '0a4f113b',
    qop: 'auth',
    response: '',
    algorithm: 'MD5',
    nc,
  })

  for (const [algorithm, nc, expected] of [
    ['MD5', '00000001', '4cb86a67c70211915af4de69e724316e'],
    ['MD5', '1', 'bf331c8248169ca05edf255b0b0b3caf'],
    ['SHA-256', '00000001', 'abfd990a0b4c391df618c818df4ba5b2df698753371861d2e66dd8d380e95fd1'],
  ] as const) {
    test(`R29 the test vector for ${algorithm} with nc=${nc}`, () => {
      const ha1 = algorithm === 'MD5' ? key.ha1Md5 : key.ha1Sha256
      assert.equal(responseOf(ha1, answer(nc), 'GET', algorithm), expected)
    })
  }

  let now = 1_000_000_000_000
  const sign = (text: string) => createHmac('sha1', 'a secret').update(text).digest()
  const nonceOptions = { lifetimeMs: 300_000, now: () => now, sign, startedMs: 0 }
  const open = (algorithms: readonly DigestAlgorithm[] = ['MD5']) => ({
    nonces: openNonces(nonceOptions),
    algorithms,
    keysOf: (name: string) => (name === NAME ? [key] : []),
  })

  function header(
    options: ReturnType<typeof open>,
    changes: Record<string, string> = {},
    algorithm: DigestAlgorithm = 'MD5',
  ): string {
    const fields = { ...answer('00000001'), nonce: options.nonces.create(), algorithm, ...changes }
    const ha1 = algorithm === 'MD5' ? key.ha1Md5 : key.ha1Sha256
    const response = responseOf(ha1, fields, 'GET', algorithm)
    const all = { ...fields, response, ...changes }
    return `Digest ${Object.entries(all)
      .map(([name, value]) => `${name}="${value}"`)
      .join(', ')}`
  }
  const request = { method: 'GET', target: TARGET }

  test('R29 the challenge has the known directives in one line per algorithm, MD5 first', () => {
    const [md5, sha256, ...more] = challenges(open(['MD5', 'SHA-256']), false)
    const rest = 'qop="auth", stale=false'
    assert.match(
      md5,
      new RegExp(
        `^Digest realm="MMS Public API", domain="", nonce="[^"]+", algorithm=MD5, ${rest}$`,
      ),
    )
    assert.match(sha256, new RegExp(`nonce="[^"]+", algorithm=SHA-256, ${rest}$`))
    assert.deepEqual(more, [])
    assert.equal(challenges(open(), true).length, 1)
  })

  test('R29 right answers are taken, wrong ones and those to something else are not', () => {
    const options = open()
    assert.deepEqual(verify(options, header(options), request), { key })
    const mistakes: Record<string, Record<string, string>> = {
      response: { response: '0'.repeat(32) },
      'a short response': { response: '0' },
      realm: { realm: 'Another' },
      qop: { qop: 'auth-int' },
      uri: { uri: `${TARGET}&x=1` },
      name: { username: 'nobodyxx' },
      count: { nc: '00000000' },
      'count that is no number': { nc: 'x' },
      algorithm: { algorithm: 'SHA-256' },
      session: { algorithm: 'MD5-sess' },
    }
    for (const [what, changes] of Object.entries(mistakes)) {
      assert.deepEqual(verify(options, header(options, changes), request), { stale: false }, what)
    }
    const post = { method: 'POST', target: TARGET }
    assert.deepEqual(verify(options, header(options), post), { stale: false })
  })

  test('R29 SHA-256 is taken when it is offered', () => {
    const options = open(['MD5', 'SHA-256'])
    assert.deepEqual(verify(options, header(options, {}, 'SHA-256'), request), { key })
    assert.deepEqual(verify(options, header(options), request), { key })
  })

  test('R29 a nonce with one count works once, in any order of counts', () => {
    const options = open()
    const nonce = options.nonces.create()
    for (const [nc, expected] of [
      ['00000002', { key }],
      ['00000001', { key }],
      ['00000002', { stale: true }],
      ['2', { stale: true }],
      ['00000003', { key }],
    ] as const) {
      assert.deepEqual(verify(options, header(options, { nonce, nc }), request), expected, nc)
    }
  })

  test('R29 an expired nonce is stale, a forged one is not', () => {
    const options = open()
    const nonce = options.nonces.create()
    now += 299_999
    assert.deepEqual(verify(options, header(options, { nonce }), request), { key })
    now += 1
    assert.deepEqual(verify(options, header(options, { nonce, nc: '2' }), request), { stale: true })
    const forged = Buffer.from(nonce, 'base64url').fill(1, 0, 6).toString('base64url')
    for (const other of [forged, 'dcd98b7102dd2f0e', `${nonce}=`, nonce.slice(1)]) {
      assert.deepEqual(verify(options, header(options, { nonce: other }), request), {
        stale: false,
      })
    }
  })

  test('R29 a nonce is used up after ten thousand uses, and is remembered while it lives', () => {
    const nonces = openNonces(nonceOptions)
    const nonce = nonces.create()
    for (let count = 1; count <= 10_000; count++) assert.equal(nonces.use(nonce, count), 'good')
    assert.equal(nonces.use(nonce, 10_001), 'stale')
    const young = nonces.create()
    assert.equal(nonces.use(young, 1), 'good')
    now += 299_999
    nonces.use(nonces.create(), 1)
    assert.equal(nonces.use(young, 1), 'stale')
  })

  test('R29 R30 servers with the same secret take each other’s nonces, each use once', () => {
    const [one, two] = [openNonces(nonceOptions), openNonces(nonceOptions)]
    const nonce = one.create()
    assert.equal(two.use(nonce, 1), 'good')
    assert.equal(two.use(nonce, 1), 'stale')
    assert.equal(one.use(nonce, 2), 'good')
    const otherSign = (text: string) => createHmac('sha1', 'another secret').update(text).digest()
    const stranger = openNonces({ ...nonceOptions, sign: otherSign })
    assert.equal(stranger.use(nonce, 3), 'forged')
    now += 300_000
    assert.equal(two.use(nonce, 3), 'stale')
  })

  test('R29 clocks of servers may differ by a minute, and a use counts once for as long as that takes', () => {
    const ahead = openNonces({ ...nonceOptions, now: () => now + 60_000 })
    const nonces = openNonces(nonceOptions)
    const nonce = ahead.create()
    assert.equal(nonces.use(nonce, 1), 'good')
    now += 359_999
    nonces.use(nonces.create(), 1)
    assert.equal(nonces.use(nonce, 1), 'stale')
    assert.equal(nonces.use(nonce, 2), 'good')
    now += 1
    assert.equal(nonces.use(nonce, 3), 'stale')
    const far = openNonces({ ...nonceOptions, now: () => now + 60_001 })
    assert.equal(nonces.use(far.create(), 1), 'stale')
  })

  test('R29 what was used before the server began is unknown to it, so such a nonce is stale', () => {
    const nonce = openNonces(nonceOptions).create()
    now += 1
    const restarted = openNonces({ ...nonceOptions, startedMs: now })
    assert.equal(restarted.use(nonce, 1), 'stale')
    assert.equal(restarted.use(restarted.create(), 1), 'good')
  })

  test('R29 directives are read quoted or bare, in any order, with or without blanks', () => {
    const text =
      'digest nc=1,qop=auth , algorithm="MD5",response=ab,uri="/a,b=\\"c\\"", cnonce=x,nonce="n",realm="r",  username="u"'
    assert.deepEqual(readAuthorization(text), {
      nc: '1',
      qop: 'auth',
      algorithm: 'MD5',
      response: 'ab',
      uri: '/a,b="c"',
      cnonce: 'x',
      nonce: 'n',
      realm: 'r',
      username: 'u',
    })
    for (const wrong of [
      'Basic YTpi',
      'Digest',
      'Digest username="u"',
      `${text}, nc=2`,
      `${text} x`,
    ]) {
      assert.equal(readAuthorization(wrong), undefined, wrong)
    }
  })
})
