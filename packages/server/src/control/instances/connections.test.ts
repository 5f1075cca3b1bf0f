import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstAddress } from './connections.js'

test('the first of several hosts is taken apart, with and without a port', () => {
  const at = (...hosts: string[]) =>
    firstAddress({ hosts, tlsHosts: undefined, setName: undefined, password: '' })
  assert.deepEqual(at('a.example.com:27018', 'b.example.com:27019'), {
    host: 'a.example.com',
    port: 27018,
  })
  assert.deepEqual(at('a.example.com'), { host: 'a.example.com', port: 27017 })
  assert.deepEqual(at('[2001:db8::1]:5'), { host: '2001:db8::1', port: 5 })
  assert.deepEqual(at('[2001:db8::1]'), { host: '2001:db8::1', port: 27017 })
})
