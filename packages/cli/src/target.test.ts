import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Invocation } from './command.js'
import { type Environment, readEnvironment } from './environment.js'
import { readProfiles, writeProfiles } from './profiles.js'
import { findTarget } from './target.js'

describe('which instance', () => {
  let folder: string
  let env: Environment
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-target-'))
    const local = join(folder, 'local')
    mkdirSync(local)
    writeFileSync(join(local, 'credentials.json'), '{"url":"http://local:1","apiKey":"of-local"}')
    writeFileSync(join(folder, 'key'), 'of-file\n')
    const configFile = join(folder, 'home', 'gantry', 'config.json')
    writeProfiles(configFile, {
      profiles: {
        one: { url: 'https://one', apiKey: 'of-one', insecure: true },
        two: { url: 'https://two', apiKey: 'of-two' },
      },
    })
    env = readEnvironment({ XDG_CONFIG_HOME: join(folder, 'home'), GANTRY_DATA_DIR: local })
    assert.equal(env.configFile, configFile)
  })
  after(() => rmSync(folder, { recursive: true }))

  function find(options: Record<string, string>, variables: Partial<Environment> = {}) {
    const call = {
      option: (name: string) => options[name],
      has: (name: string) => Object.hasOwn(options, name),
    }
    const { url, apiKey } = findTarget(call as Invocation, { ...env, ...variables })
    return `${url} ${apiKey}`
  }

  const cases: {
    name: string
    options?: Record<string, string>
    env?: Partial<Environment>
    expected: string
  }[] = [
    { name: 'the local server', expected: 'http://local:1 of-local' },
    {
      name: 'the profile of the environment',
      env: { profile: 'two' },
      expected: 'https://two of-two',
    },
    {
      name: 'the environment before its profile',
      env: { profile: 'two', url: 'http://env', apiKey: 'of-env' },
      expected: 'http://env of-env',
    },
    {
      name: 'a profile that is named before the environment',
      options: { profile: 'one' },
      env: { url: 'http://env', apiKey: 'of-env' },
      expected: 'https://one of-one',
    },
    {
      name: 'options',
      options: { url: 'http://x', 'api-key': 'k' },
      expected: 'http://x k',
    },
    {
      name: 'another path of the same server',
      options: { url: 'http://local:1/p' },
      expected: 'http://local:1/p of-local',
    },
    {
      name: 'a key that came without a URL',
      options: { url: 'http://x' },
      env: { apiKey: 'of-env' },
      expected: 'http://x of-env',
    },
  ]
  for (const { name, options = {}, env: variables, expected } of cases) {
    test(name, () => assert.equal(find(options, variables), expected))
  }

  test('a key from a file', () => {
    const options = { url: 'http://x', 'api-key-file': join(folder, 'key') }
    assert.equal(find(options), 'http://x of-file')
  })

  test('a key is not sent to another server', () => {
    assert.throws(() => find({ url: 'http://elsewhere' }), /no API key is given for http:/)
    assert.throws(() => find({ url: 'http://one', profile: 'one' }), /no API key/)
  })

  test('nothing is given', () => {
    const nowhere = { dataDir: undefined, profile: undefined }
    // The tests' own folder holds no gantry-data, or else it is a local server.
    assert.throws(() => find({ 'data-dir': join(folder, 'no') }, nowhere), /data-dir.*ENOENT/)
    assert.throws(() => find({ profile: 'three' }), /no profile "three"/)
  })

  test('a file of profiles that others can read is refused, and its keys are not quoted', () => {
    assert.equal(statSync(env.configFile).mode & 0o777, 0o600)
    const path = join(folder, 'open.json')
    writeFileSync(path, '{"profiles":{"a":{"url":"u","apiKey":secret}}}', { mode: 0o644 })
    assert.throws(() => readProfiles(path), /can be read by others.*chmod 600/)
    chmodSync(path, 0o600)
    assert.throws(
      () => readProfiles(path),
      (error) =>
        error instanceof Error && /not JSON/.test(error.message) && !/secret/.test(error.message),
    )
  })

  const wrong: [content: string, message: RegExp][] = [
    ['[]', /JSON object/],
    ['{"x":1}', /unknown key "x"/],
    ['{"default":"a"}', /default does not name/],
    ['{"profiles":{"a":{"url":"u"}}}', /a has no apiKey/],
    ['{"profiles":{"a":{"url":1}}}', /url is not a string/],
    ['{"profiles":{"a":{"uri":"u"}}}', /unknown key "uri"/],
  ]
  for (const [content, message] of wrong) {
    test(`refuses the profiles ${content}`, () => {
      const path = join(folder, 'wrong.json')
      writeFileSync(path, content, { mode: 0o600 })
      assert.throws(() => readProfiles(path), message)
    })
  }
})
