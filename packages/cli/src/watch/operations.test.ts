import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadByCollection, type Operation, readOperations, sortOperations } from './operations.js'

const operation = (over: Partial<Operation>): Operation => ({
  op: 'query',
  ns: 'd.c',
  ageMs: undefined,
  client: '',
  opid: '1',
  query: '',
  ...over,
})

describe('readOperations', () => {
  test('an original server, and one of today', () => {
    const [old, now] = readOperations([
      { op: 'query', ns: 'd.c', query: { a: 1 }, secs_running: 3, connectionId: 77, opid: 's0:12' },
      { op: 'command', ns: '', microsecs_running: 1500, secs_running: 0, client: 'h:1', opid: 5 },
    ])
    assert.deepEqual(old, {
      op: 'query',
      ns: 'd.c',
      ageMs: 3000,
      client: 'conn77',
      opid: 's0:12',
      query: '{"a":1}',
    })
    assert.equal(now.ageMs, 1.5)
    assert.equal(now.client, 'h:1')
  })

  test('what waits for work is left out', () => {
    const idle = { op: 'query', ns: '', active: false }
    assert.deepEqual(readOperations([idle, { op: 'none', ns: '' }]), [])
  })

  test('nothing in it is obeyed by a terminal', () => {
    const [{ ns, query }] = readOperations([
      { op: 'query', ns: 'd.\u001b[2J', query: { a: '\u202eb\u009b' } },
    ])
    assert.equal(ns, 'd.\ufffd[2J')
    assert.equal(query, '{"a":"\ufffdb\ufffd"}')
  })
})

test('loadByCollection: the busiest first', () => {
  const loads = loadByCollection([
    operation({ ns: 'd.a', op: 'command' }),
    operation({ ns: 'd.b', op: 'insert', ageMs: 5 }),
    operation({ ns: 'd.b', op: 'getmore', ageMs: 9 }),
  ])
  assert.deepEqual(loads, [
    { ns: 'd.b', reads: 1, writes: 1, others: 0, oldestMs: 9 },
    { ns: 'd.a', reads: 0, writes: 0, others: 1, oldestMs: undefined },
  ])
})

describe('sortOperations', () => {
  const all = [
    operation({ opid: 'a', ageMs: 1, ns: 'z' }),
    operation({ opid: 'b', ns: 'y' }),
    operation({ opid: 'c', ageMs: 9, ns: 'y' }),
  ]
  const orders: [column: 'age' | 'ns', reversed: boolean, order: string][] = [
    ['age', false, 'cab'],
    ['age', true, 'bac'],
    ['ns', false, 'cba'],
    ['ns', true, 'acb'],
  ]
  for (const [column, reversed, order] of orders) {
    test(`by ${column}${reversed ? ', reversed' : ''}`, () => {
      const sorted = sortOperations(all, column, reversed)
      assert.equal(sorted.map(({ opid }) => opid).join(''), order)
    })
  }
})
