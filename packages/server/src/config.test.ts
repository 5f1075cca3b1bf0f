import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Config, ConfigError, configHelp, readConfig } from './config.js'
import { settings } from './config-settings.js'

describe('readConfig', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-config-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function file(text: string): string {
    const path = join(folder, 'gantry.json')
    writeFileSync(path, text)
    return path
  }

  const cases: {
    name: string
    args?: string[]
    env?: Record<string, string>
    file?: unknown
    expected: Partial<Config>
  }[] = [
    {
      name: 'defaults',
      expected: { host: '127.0.0.1', port: 8080, tlsPort: undefined, dataDir: './gantry-data' },
    },
    {
      name: 'mails',
      args: ['--mail-from', 'Gantry <gantry@example.com>'],
      env: { GANTRY_SMTP_URL: 'smtps://user:p%40ss@smtp.example.com:465?pool=false' },
      expected: {
        mailFrom: 'Gantry <gantry@example.com>',
        smtpUrl: 'smtps://user:p%40ss@smtp.example.com:465?pool=false',
        webhookTargets: 'owners',
      },
    },
    {
      name: 'variables',
      env: { GANTRY_PORT: '0', GANTRY_DATA_DIR: 'd' },
      expected: { port: 0, dataDir: 'd' },
    },
    {
      name: 'a flag before a variable before the file',
      args: ['--port=1', '--host', '::1'],
      env: { GANTRY_PORT: '2', GANTRY_TLS_PORT: '3' },
      file: { port: 4, 'tls-port': 5, 'log-level': 'warn' },
      expected: { host: '::1', port: 1, tlsPort: 3, logLevel: 'warn' },
    },
    { name: 'seconds', args: ['--request-timeout', '5'], expected: { requestTimeoutMs: 5000 } },
  ]
  for (const { name, args = [], env = {}, file: content, expected } of cases) {
    test(name, () => {
      const all = content ? [...args, '--config', file(JSON.stringify(content))] : args
      const config = readConfig(all, env)
      for (const [key, value] of Object.entries(expected)) {
        assert.equal(config[key as keyof Config], value, key)
      }
      assert.ok(Object.isFrozen(config))
    })
  }

  const refused: { name: string; args: string[]; message: RegExp }[] = [
    {
      name: 'all mistakes at once',
      args: ['--port', '65536', '--host', '', '--prot', '1', '--log-level=loud', '--tls-cert', 'c'],
      message: /--prot.*unexpected argument "1".*host.*port.*tls-cert, tls-key.*tls-port/s,
    },
    { name: 'a flag without a value', args: ['--port'], message: /port: needs a value/ },
    {
      name: 'a file that is not there',
      args: ['--config', '/nowhere/x'],
      message: /config.*ENOENT/,
    },
  ]
  for (const { name, args, message } of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => readConfig(args, {}),
        (error) => error instanceof ConfigError && message.test(error.message),
      )
    })
  }

  for (const [content, message] of [
    ['{', /cannot be read/],
    ['[]', /JSON object/],
    ['{"prot":1}', /unknown setting "prot"/],
    ['{"port":true}', /port: must be/],
  ] as const) {
    test(`refuses the file ${content}`, () => {
      assert.throws(() => readConfig(['--config', file(content)], {}), message)
    })
  }

  test('the help names every setting, its variable and its default', () => {
    const help = configHelp()
    for (const { name } of settings) assert.match(help, new RegExp(`--${name} `))
    assert.match(help, /GANTRY_REQUEST_TIMEOUT, default 120\)/)
  })

  test('a bucket needs its keys, which are neither shown nor left in the environment', () => {
    const keys = { GANTRY_BACKUP_S3_ACCESS_KEY: 'id', GANTRY_BACKUP_S3_SECRET_KEY: 'secret' }
    const environment: NodeJS.ProcessEnv = { ...keys }
    const { backupS3SecretKey } = readConfig(['--backup-s3-bucket', 'b'], environment)
    assert.equal(backupS3SecretKey, 'secret')
    assert.deepEqual(environment, {})
    assert.throws(() => readConfig(['--backup-s3-bucket', 'b'], {}), /backup-s3-secret-key/)
    assert.throws(() => readConfig([], { ...keys }), /access-key: is of no use without/)
    const prefix = ['--backup-s3-bucket', 'b', '--backup-s3-prefix', '/a/']
    assert.throws(() => readConfig(prefix, { ...keys }), /"\/a\/" is not a prefix/)
  })
})
