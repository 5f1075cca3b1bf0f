import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openEmbedded } from '../services/mongodb/embedded.js'
import { accounts } from './accounts/accounts.js'
import { apiKeys, digestHashes } from './api-keys/api-keys.js'
import { credentialsPath, firstStart, publishCredentials } from './first-start.js'
import { API_KEY, instances } from './instances/instances.js'
import { openSecrets, type Secrets, verifyPassword } from './secrets.js'
import { type State, stateIn } from './state.js'

const SERVER = '5'.repeat(24)

describe('the first start', () => {
  let folder: string
  let state: State
  let secrets: Secrets
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-first-'))
    state = stateIn(await openEmbedded(join(folder, 'system')))
    secrets = await openSecrets(join(folder, 'secret.key'), true)
  })
  afterEach(async () => {
    await state.close()
    rmSync(folder, { recursive: true })
  })

  const url = 'http://127.0.0.1:1'
  const read = () => JSON.parse(readFileSync(credentialsPath(folder), 'utf8'))

  async function everything() {
    return [
      await state.list(accounts),
      await state.list(instances),
      await state.list(apiKeys),
    ] as const
  }

  test('makes one of each, and what it tells is true', async () => {
    await firstStart(folder, state, secrets, SERVER)
    const credentials = await publishCredentials(folder, { url })
    assert.deepEqual(read(), credentials)
    assert.equal(statSync(credentialsPath(folder)).mode & 0o777, 0o600)
    const [[account, ...a], [instance, ...i], [key, ...k]] = await everything()
    assert.deepEqual([...a, ...i, ...k], [])
    const { login, password, uid, apiKey, publicKey, privateKey } = read()
    assert.deepEqual([account.id, account.login], [uid, login])
    assert.ok(await verifyPassword(password, account.passwordHash))
    assert.equal(instance.account, uid)
    assert.equal(secrets.open(instance.apiKeySealed, API_KEY), apiKey)
    assert.equal(instance.apiKeyHash, secrets.lookupHash(apiKey))
    assert.deepEqual(
      { ha1Md5: key.ha1Md5, ha1Sha256: key.ha1Sha256, tail: key.tail },
      digestHashes(publicKey, privateKey),
    )
  })

  test('happens once', async () => {
    await firstStart(folder, state, secrets, SERVER)
    await publishCredentials(folder, { url })
    const before = await everything()
    await firstStart(folder, state, secrets, SERVER)
    assert.equal(await publishCredentials(folder, { url }), undefined)
    assert.deepEqual(await everything(), before)
  })

  test('goes on with the same passwords wherever it was cut off', async () => {
    await firstStart(folder, state, secrets, SERVER)
    const pending = join(folder, 'first-start.json')
    copyFileSync(pending, join(folder, 'copy'))
    // Cut off after everything was saved.
    await firstStart(folder, state, secrets, SERVER)
    const credentials = await publishCredentials(folder, { url })
    // Cut off between writing the credentials and removing the pending file.
    copyFileSync(join(folder, 'copy'), pending)
    await firstStart(folder, state, secrets, SERVER)
    assert.deepEqual(await publishCredentials(folder, { url }), credentials)
    for (const records of await everything()) assert.equal(records.length, 1)
  })

  test('its file follows the addresses, and stays away once removed', async () => {
    await firstStart(folder, state, secrets, SERVER)
    const first = await publishCredentials(folder, { url, tlsUrl: 'https://127.0.0.1:2' })
    await publishCredentials(folder, { url: 'http://127.0.0.1:3' })
    const { tlsUrl: _tlsUrl, ...rest } = first ?? assert.fail()
    assert.deepEqual(read(), { ...rest, url: 'http://127.0.0.1:3' })
    rmSync(credentialsPath(folder))
    await publishCredentials(folder, { url })
    assert.throws(read, /ENOENT/)
  })
})
