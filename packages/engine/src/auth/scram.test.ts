import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import { CommandError } from '../errors.js'
import {
  createCredential,
  deriveCredential,
  fakeCredential,
  type Mechanism,
  mechanismParameters,
  mechanisms,
  passwordDigest,
  passwordFits,
  type ScramCredential,
} from './credential.js'
import { readClientFirst, startScram } from './scram.js'

const isFailure = (error: unknown) => error instanceof CommandError && error.code === 18

/** The client's side, for a password that has been prepared. */
function clientFinal(
  mechanism: Mechanism,
  secret: string,
  bare: string,
  first: string,
  c = 'biws',
) {
  const { hash, keyLength } = mechanismParameters[mechanism]
  const [r, s, i] = first.split(',').map((part) => part.slice(2))
  const salted = pbkdf2Sync(secret, Buffer.from(s, 'base64'), Number(i), keyLength, hash)
  const clientKey = createHmac(hash, salted).update('Client Key').digest()
  const storedKey = createHash(hash).update(clientKey).digest()
  const withoutProof = `c=${c},r=${r}`
  const signature = createHmac(hash, storedKey).update(`${bare},${first},${withoutProof}`).digest()
  const proof = clientKey.map((byte, at) => byte ^ signature[at])
  return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
}

describe('SCRAM', () => {
  const vectors = [
    {
      name: 'RFC 5802',
      mechanism: 'SCRAM-SHA-1',
      client: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
      nonce: '3rfcNHYJY1ZVvWVs7j',
      salt: 'QSXCR+Q6sek8bf92',
      first: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
      final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      proof: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    },
    {
      name: 'RFC 7677',
      mechanism: 'SCRAM-SHA-256',
      client: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
      salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
      first:
        'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      final:
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      proof: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    },
  ] as const
  for (const { name, mechanism, client, nonce, salt, first, final, proof } of vectors) {
    test(`the exchange of ${name}`, async () => {
      const credential = await deriveCredential(
        mechanism,
        'pencil',
        Buffer.from(salt, 'base64'),
        4096,
      )
      const conversation = startScram(mechanism, readClientFirst(client), credential, { nonce })
      assert.deepEqual(conversation.first, { payload: first, done: false })
      assert.equal(conversation.proved, false)
      assert.deepEqual(conversation.step(final), { payload: proof, done: false })
      assert.equal(conversation.proved, true)
      assert.deepEqual(conversation.step(''), { payload: '', done: true })
      assert.throws(() => conversation.step(''), isFailure)
    })
  }

  for (const mechanism of mechanisms) {
    test(`${mechanism} with the password as MongoDB's clients send it`, async () => {
      const credential = await createCredential(mechanism, 'ann', 'pass word')
      const secret = mechanism === 'SCRAM-SHA-1' ? passwordDigest('ann', 'pass word') : 'pass word'
      const client = readClientFirst('n,,n=ann,r=abc')
      const conversation = startScram(mechanism, client, credential, { skipEmptyExchange: true })
      const final = clientFinal(mechanism, secret, client.bare, conversation.first.payload)
      assert.equal(conversation.step(final).done, true)
    })

    test(`${mechanism} fails on a wrong password, and stays failed`, async () => {
      const credential = await deriveCredential(mechanism, 'right', Buffer.alloc(16, 1), 4096)
      const client = readClientFirst('n,,n=ann,r=abc')
      const conversation = startScram(mechanism, client, credential)
      const first = conversation.first.payload
      assert.throws(
        () => conversation.step(clientFinal(mechanism, 'wrong', client.bare, first)),
        isFailure,
      )
      assert.throws(
        () => conversation.step(clientFinal(mechanism, 'right', client.bare, first)),
        isFailure,
      )
      assert.equal(conversation.proved, false)
    })

    test(`${mechanism} asks an unknown user the same each time`, () => {
      const secret = Buffer.alloc(32, 7)
      const ask = (user: string, db: string) => fakeCredential(mechanism, secret, user, db)
      assert.equal(ask('ann', 'a').salt, ask('ann', 'a').salt)
      assert.notEqual(ask('ann', 'a').salt, ask('ann', 'b').salt)
      assert.notEqual(ask('ann', 'a').storedKey, ask('ann', 'a').storedKey)
      const { saltLength, iterationCount } = mechanismParameters[mechanism]
      assert.equal(Buffer.from(ask('ann', 'a').salt, 'base64').length, saltLength)
      assert.equal(ask('ann', 'a').iterationCount, iterationCount)
    })
  }

  const credential: ScramCredential = {
    iterationCount: 4096,
    salt: 'AAAA',
    storedKey: Buffer.alloc(32).toString('base64'),
    serverKey: Buffer.alloc(32).toString('base64'),
  }
  const finals = [
    { name: 'nothing', final: '' },
    { name: 'another nonce', final: 'c=biws,r=abcdeg,p=AAAA' },
    { name: 'another channel binding', final: 'c=eSws,r=abcdef,p=AAAA' },
    { name: 'no proof', final: 'c=biws,r=abcdef' },
    { name: 'a short proof', final: 'c=biws,r=abcdef,p=AAAA' },
  ]
  for (const { name, final } of finals) {
    test(`fails on a last message with ${name}`, () => {
      const conversation = startScram(
        'SCRAM-SHA-256',
        readClientFirst('n,,n=a,r=abc'),
        credential,
        {
          nonce: 'def',
        },
      )
      assert.throws(() => conversation.step(final), isFailure)
    })
  }
})

describe('createCredential', () => {
  test('prepares a password: a soft hyphen counts for nothing, a ligature for its letters', async () => {
    const credential = await createCredential('SCRAM-SHA-256', 'ann', 'I\u00adX\ufb01')
    const salt = Buffer.from(credential.salt, 'base64')
    assert.deepEqual(credential, await deriveCredential('SCRAM-SHA-256', 'IXfi', salt, 15_000))
  })

  for (const mechanism of mechanisms) {
    test(`of ${mechanism} fits its password and no other, user or salt`, async () => {
      const credential = await createCredential(mechanism, 'ann', 'pässword')
      const fits = (password: string, changes = {}) =>
        passwordFits(mechanism, 'ann', password, { ...credential, ...changes })
      assert.equal(await fits('pässword'), true)
      assert.equal(await fits('password'), false)
      assert.equal(await fits('pässword', { salt: Buffer.alloc(16).toString('base64') }), false)
      assert.equal(await fits('pässword', { storedKey: 'AAAA' }), false)
    })
  }

  test('refuses a password with a control character', async () => {
    await assert.rejects(
      createCredential('SCRAM-SHA-256', 'ann', 'a\u0007'),
      (error) => error instanceof CommandError && error.codeName === 'BadValue',
    )
  })
})

describe('readClientFirst', () => {
  test('unescapes the name', () => {
    assert.equal(readClientFirst('n,,n=a=2Cb=3D2C,r=x').user, 'a,b=2C')
  })

  for (const payload of ['', 'n,,n=,r=x', 'n,,n=a', 'p=tls-unique,,n=a,r=x', 'n,,n=a=2D,r=x']) {
    test(`refuses "${payload}"`, () => assert.throws(() => readClientFirst(payload), isFailure))
  }
})
