import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeValue, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { checkApiVersion } from './api-version.js'

const cases: [name: string, command: string, given: Record<string, Value>, code?: number][] = [
  ['nothing', 'ping', {}],
  ['the version', 'top', { apiVersion: '1' }],
  ['another version', 'ping', { apiVersion: '2' }, 322],
  ['a number for a version', 'ping', { apiVersion: 1 }, 14],
  ['strictness without a version', 'ping', { apiStrict: true }, 4886600],
  ['deprecation errors without a version', 'ping', { apiDeprecationErrors: true }, 4886600],
  ['a stable command, strictly', 'find', { apiVersion: '1', apiStrict: true }],
  ['a login, strictly', 'saslContinue', { apiVersion: '1', apiStrict: true }],
  ['another command, strictly', 'top', { apiVersion: '1', apiStrict: true }, 323],
  ['another command, not strictly', 'top', { apiVersion: '1', apiStrict: false }],
]

describe('the version of the API', () => {
  for (const [name, command, given, code] of cases) {
    test(`${command} with ${name} ${code ? `fails with ${code}` : 'is taken'}`, () => {
      const generic = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [key, encodeValue(value)]),
      )
      const check = () => checkApiVersion(generic, command)
      if (code === undefined) check()
      else assert.throws(check, (error) => error instanceof CommandError && error.code === code)
    })
  }
})
