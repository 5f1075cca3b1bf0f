import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isReading } from './read-only.js'

describe('who may only read', () => {
  const may: [string, string][] = [
    ['GET', '/'],
    ['GET', '/_cluster/health?pretty'],
    ['GET', '/people/_doc/1'],
    ['HEAD', '/people'],
    ['POST', '/_search'],
    ['POST', '/people/_search?size=1'],
    ['POST', '/people/person/_search'],
    ['POST', '/_all/_count'],
    ['POST', '/_search/scroll'],
    ['POST', '/_msearch/template'],
    ['POST', '/people/_validate/query'],
    ['POST', '/people/_explain/1'],
    ['DELETE', '/_search/scroll'],
  ]
  const mayNot: [string, string][] = [
    ['PUT', '/people'],
    ['POST', '/people/_doc'],
    ['POST', '/people/_doc/_search'],
    ['POST', '/people/%5Fdoc/_search'],
    ['POST', '/people/_search/_doc'],
    ['POST', '/a/b/c/_search'],
    ['POST', '/_bulk'],
    ['POST', '/people/person/1'],
    ['DELETE', '/people'],
    ['DELETE', '/people/_search'],
    ['GET', '/people/_refresh'],
    ['GET', '/people/%5Frefresh'],
    ['GET', '/_cache/clear'],
    ['POST', '/%zz/_search'],
    ['PATCH', '/people/_search'],
  ]
  for (const [method, path] of may) {
    test(`may ${method} ${path}`, () => assert.equal(isReading(method, path), true))
  }
  for (const [method, path] of mayNot) {
    test(`may not ${method} ${path}`, () => assert.equal(isReading(method, path), false))
  }
})
