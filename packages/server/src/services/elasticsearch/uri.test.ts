import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../../errors.js'
import { parseElasticsearchUri } from './uri.js'

describe('the URI of a cluster', () => {
  const cases: [string, object][] = [
    ['http://es.example.com', { nodes: ['http://es.example.com:9200'] }],
    ['https://es.example.com:443/', { nodes: ['https://es.example.com:443'] }],
    [
      'https://me:p%40ss:w@a.example.com:9201,b.example.com/search?tlsCAFile=/etc/ca.pem',
      {
        nodes: ['https://a.example.com:9201/search', 'https://b.example.com:9200/search'],
        username: 'me',
        password: 'p@ss:w',
        caFile: '/etc/ca.pem',
      },
    ],
    ['http://[::1]:9200?apiKey=a2V5', { nodes: ['http://[::1]:9200'], apiKey: 'a2V5' }],
  ]
  for (const [text, address] of cases) {
    test(text, () => assert.deepEqual(parseElasticsearchUri(text), address))
  }

  const mistakes: [string, RegExp][] = [
    ['es.example.com:9200', /must be http/],
    ['mongodb://me:secret@es.example.com', /must be http/],
    ['http://me:secret@es.example.com/?apiKey=k', /either a user or an apiKey/],
    ['http://es.example.com/?sniff=true', /unknown option sniff/],
    ['http://me:%zz@es.example.com', /percent-encoded/],
    ['http://es.example.com,:x', /not a host/],
  ]
  for (const [text, message] of mistakes) {
    test(`refuses ${text}, telling no password`, () => {
      assert.throws(
        () => parseElasticsearchUri(text),
        (error) =>
          error instanceof AppError &&
          error.kind === 'invalid' &&
          message.test(error.message) &&
          !error.message.includes('secret'),
      )
    })
  }
})
