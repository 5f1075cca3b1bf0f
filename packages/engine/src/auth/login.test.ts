import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CommandError } from '../errors.js'
import type { ScramCredential } from './credential.js'
import { type LoginContext, startLogin, supportedMechanisms } from './login.js'

const credential: ScramCredential = {
  iterationCount: 15_000,
  salt: Buffer.alloc(28, 1).toString('base64'),
  storedKey: Buffer.alloc(32).toString('base64'),
  serverKey: Buffer.alloc(32).toString('base64'),
}
const ann = { user: 'ann', db: 'a', credentials: { 'SCRAM-SHA-256': credential } }
const context: LoginContext = {
  findUser: (user, db) => (user === 'ann' && db === 'a' ? ann : undefined),
  secret: Buffer.alloc(32, 3),
  conversationId: 4,
}
const request = { db: 'a', mechanism: 'SCRAM-SHA-256', payload: 'n,,n=ann,r=abc' }

describe('startLogin', () => {
  test('asks a user for a proof with the stored salt', () => {
    const login = startLogin(request, context)
    assert.match(login.first.payload, /^r=abc[^,]+,s=(AQEB){9}AQ==,i=15000$/)
    assert.deepEqual([login.user, login.db, login.conversationId], ['ann', 'a', 4])
  })

  const strangers = [
    { name: 'in another database', change: { db: 'b' } },
    { name: 'of another name', change: { payload: 'n,,n=bob,r=abc' } },
    { name: 'without a credential for the mechanism', change: { mechanism: 'SCRAM-SHA-1' } },
  ]
  for (const { name, change } of strangers) {
    test(`asks a user ${name} in the same form, and the same salt again`, () => {
      const salt = () => startLogin({ ...request, ...change }, context).first.payload.split(',')[1]
      assert.match(salt(), /^s=[\w+/]+=*$/)
      assert.equal(salt(), salt())
      const login = startLogin({ ...request, ...change }, context)
      const nonce = login.first.payload.split(',')[0]
      assert.throws(
        () => login.step(`c=biws,${nonce},p=${Buffer.alloc(32).toString('base64')}`),
        (error) => error instanceof CommandError && error.message === 'Authentication failed.',
      )
    })
  }

  test('names a mechanism that is not there', () => {
    assert.throws(
      () => startLogin({ ...request, mechanism: 'PLAIN' }, context),
      (error) => error instanceof CommandError && error.codeName === 'MechanismUnavailable',
    )
  })
})

test('supportedMechanisms does not tell who exists', () => {
  assert.deepEqual(supportedMechanisms(ann), ['SCRAM-SHA-256'])
  assert.deepEqual(supportedMechanisms(undefined), ['SCRAM-SHA-1', 'SCRAM-SHA-256'])
})
