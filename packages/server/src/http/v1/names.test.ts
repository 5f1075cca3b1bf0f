import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkCollectionName, checkDatabaseName } from './names.js'

describe('names', () => {
  const long = 'é'.repeat(31)
  const databases = ['a', 'my-db_1', 'Admin', 'administrator', 'ключ', "it's", `${long}x`]
  for (const name of databases) test(`database ${name}`, () => checkDatabaseName(name))

  const wrong = ['', 'admin', 'local', 'config', `${long}xx`, 'a\0b']
  for (const name of [...wrong, ...[...'/\\."$*<>:|? '].map((char) => `a${char}b`)]) {
    test(`not a database: ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkDatabaseName(name), {
        kind: 'invalid',
        message: 'invalid database name',
      })
    })
  }

  test('collections', () => {
    for (const name of ['a', 'a.b', 'a b', 'systems', 'system', 'a/b']) {
      checkCollectionName(name, 'write')
    }
    checkCollectionName('system.profile', 'read')
    const fault = { kind: 'invalid', message: 'invalid collection name' }
    for (const name of ['', 'a$b', '$cmd', 'a\0b', 'system.profile', 'system.']) {
      assert.throws(() => checkCollectionName(name, 'write'), fault, name)
    }
    assert.throws(() => checkCollectionName('a$b', 'read'), fault)
  })
})
