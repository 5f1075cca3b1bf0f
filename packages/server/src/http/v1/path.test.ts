import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readPath } from './path.js'

describe('path', () => {
  const cases: [string, string[], query?: string][] = [
    ['/db', ['db']],
    ['/db/', ['db']],
    ['/db//', ['db', '']],
    ['/', ['']],
    ['/db/mydb/collection/my%20c/add', ['db', 'mydb', 'collection', 'my c', 'add']],
    ['/db/a%2Fb/add', ['db', 'a/b', 'add']],
    ['/db/a%2525/add', ['db', 'a%25', 'add']],
    ['/db/a+b', ['db', 'a+b']],
    ['/db/gr%C3%BC%C3%9Fe', ['db', 'grüße']],
    [Buffer.from('/db/grüße').toString('latin1'), ['db', 'grüße']],
    ['/db?api_key=k&doc={"a":"/?"}', ['db'], 'api_key=k&doc={"a":"/?"}'],
    ['/db/?', ['db'], ''],
  ]
  for (const [target, segments, query = ''] of cases) {
    test(target, () => assert.deepEqual(readPath(target), { segments, query }))
  }

  for (const target of ['/db/100%', '/db/%zz', '/db/%FF', '/db/\xff']) {
    test(`no such path: ${target}`, () => {
      assert.throws(() => readPath(target), { kind: 'no_route', message: 'not found' })
    })
  }
})
