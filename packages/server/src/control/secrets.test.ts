import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hashPassword, openSecrets, verifyPassword } from './secrets.js'

describe('secrets', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-secrets-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  test('what is sealed opens after a restart, for its purpose only', async () => {
    const path = join(folder, 'new', 'secret.key')
    const sealed = (await openSecrets(path, true)).seal('grün', 'api key')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const secrets = await openSecrets(path, false)
    assert.equal(secrets.open(sealed, 'api key'), 'grün')
    assert.throws(() => secrets.open(sealed, 'password'))
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] ^= 1
      assert.throws(() => secrets.open(changed, 'api key'), `byte ${at}`)
    }
    assert.ok(!sealed.includes('grün'))
  })

  test('the lookup hash depends on the text and on the key', async () => {
    const one = await openSecrets(join(folder, 'one'), true)
    const two = await openSecrets(join(folder, 'two'), true)
    assert.equal(one.lookupHash('a'), one.lookupHash('a'))
    assert.notEqual(one.lookupHash('a'), one.lookupHash('b'))
    assert.notEqual(one.lookupHash('a'), two.lookupHash('a'))
  })

  test('a lost or broken key file is named', async () => {
    await assert.rejects(openSecrets(join(folder, 'lost'), false), /lost is missing/)
    writeFileSync(join(folder, 'broken'), 'abc')
    await assert.rejects(openSecrets(join(folder, 'broken'), true), /does not hold a key/)
  })

  test('passwords are salted and verified', async () => {
    const stored = await hashPassword('secret')
    assert.notEqual(stored, await hashPassword('secret'))
    assert.equal(await verifyPassword('secret', stored), true)
    assert.equal(await verifyPassword('Secret', stored), false)
  })
})
