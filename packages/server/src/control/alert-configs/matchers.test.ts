import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Matcher } from './alert-config.js'
import { type MatchedFields, matching } from './matchers.js'

const host: MatchedFields = {
  HOSTNAME: ['db1.example.com'],
  PORT: ['27017'],
  HOSTNAME_AND_PORT: ['db1.example.com:27017'],
  REPLICA_SET_NAME: ['rs0'],
  TYPE_NAME: ['SECONDARY'],
}
const set: MatchedFields = {
  HOSTNAME: ['db1.example.com', 'db2.example.com'],
  REPLICA_SET_NAME: ['rs0'],
}

const cases: readonly [
  Matcher['fieldName'],
  Matcher['operator'],
  string,
  MatchedFields,
  boolean,
][] = [
  ['HOSTNAME', 'EQUALS', 'DB1.EXAMPLE.COM', host, true],
  ['HOSTNAME', 'EQUALS', 'db1', host, false],
  ['HOSTNAME', 'NOT_EQUALS', 'db2.example.com', host, true],
  ['HOSTNAME', 'NOT_EQUALS', 'DB1.example.com', host, false],
  ['HOSTNAME', 'CONTAINS', 'EXAMPLE', host, true],
  ['HOSTNAME', 'NOT_CONTAINS', 'example', host, false],
  ['HOSTNAME', 'STARTS_WITH', 'DB', host, true],
  ['HOSTNAME', 'STARTS_WITH', 'example', host, false],
  ['HOSTNAME', 'ENDS_WITH', '.COM', host, true],
  ['HOSTNAME', 'REGEX', '^DB[0-9]\\.', host, true],
  ['HOSTNAME', 'REGEX', '^db[2-9]', host, false],
  ['PORT', 'EQUALS', '27017', host, true],
  ['HOSTNAME_AND_PORT', 'ENDS_WITH', ':27017', host, true],
  ['REPLICA_SET_NAME', 'EQUALS', 'RS0', host, true],
  ['TYPE_NAME', 'EQUALS', 'secondary', host, true],
  ['SHARD_NAME', 'EQUALS', 'shard0', host, false],
  ['SHARD_NAME', 'NOT_EQUALS', 'shard0', host, true],
  ['CLUSTER_NAME', 'REGEX', '.*', host, false],
  ['HOSTNAME', 'EQUALS', 'db2.example.com', set, true],
  ['HOSTNAME', 'NOT_EQUALS', 'db2.example.com', set, false],
]

for (const [fieldName, operator, value, fields, expected] of cases) {
  test(`${fieldName} ${operator} ${value} is ${expected}`, async () => {
    const matches = await matching([{ fieldName, operator, value }])
    assert.equal(matches(fields), expected)
  })
}

test('all must fit, and none do always', async () => {
  const name = { fieldName: 'HOSTNAME', operator: 'STARTS_WITH', value: 'db' } as const
  const port = { fieldName: 'PORT', operator: 'EQUALS', value: '1' } as const
  assert.equal((await matching([name, port]))(host), false)
  assert.equal((await matching([]))(host), true)
})

test('what is not known fits', async () => {
  const type = { fieldName: 'TYPE_NAME', operator: 'EQUALS', value: 'PRIMARY' } as const
  const port = { fieldName: 'PORT', operator: 'EQUALS', value: '27017' } as const
  const matches = await matching([type, port])
  assert.equal(matches(host), false)
  assert.equal(matches(host, ['TYPE_NAME']), true)
  assert.equal(matches({ PORT: ['1'] }, ['TYPE_NAME']), false)
})

test('a pattern that would keep others busy for years is answered', async () => {
  const matches = await matching([
    { fieldName: 'HOSTNAME', operator: 'REGEX', value: '^(([a-z])+.)+[A-Z]([a-z])+$' },
  ])
  assert.equal(matches({ HOSTNAME: [`${'a'.repeat(5000)}!`] }), false)
})
