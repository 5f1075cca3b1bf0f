import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionsOf, firstAddress } from './connections.js'
import type { Instance } from './instances.js'
import type { InstanceRegistry } from './registry.js'

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

test('an instance on another server is to be reached there', () => {
  const registry = {
    spec: () => ({ password: '' }),
    driver: () => ({ ports: [{ name: 'plain', offset: 0 }] }),
    isHere: ({ home }: Instance) => home === 'here',
    addressOf: ({ home }: Instance) =>
      home === 'here' ? { host: '10.0.0.4', port: 5 } : undefined,
  } as unknown as InstanceRegistry
  const servers = { hostOf: (id: string) => (id === 'there' ? 'db2.example.com' : undefined) }
  const connections = connectionsOf(registry, servers, { host: '10.0.0.4', hasTls: false })
  const hostsAt = (home: string) =>
    connections.of({ mode: 'embedded', home, port: 6 } as Instance).hosts
  assert.deepEqual(hostsAt('here'), ['10.0.0.4:5'])
  assert.deepEqual(hostsAt('there'), ['db2.example.com:6'])
})
