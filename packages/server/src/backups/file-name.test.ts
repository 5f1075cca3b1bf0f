import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { collectionOf, fileNameOf } from './file-name.js'

const names: readonly (readonly [string, string])[] = [
  ['people', 'people'],
  ['a.b-c_d~e', 'a.b-c_d~e'],
  ['with/slash and space', 'with%2Fslash+and+space'],
  ['50% + 1', '50%25+%2B+1'],
  ['ünï', '%C3%BCn%C3%AF'],
  ['*!()\'"', '%2A%21%28%29%27%22'],
  ['$admin.system.users', '%24admin.system.users'],
]

describe('names of files', () => {
  for (const [collection, file] of names) {
    test(`${collection} is ${file}`, () => {
      assert.equal(fileNameOf(collection), file)
      assert.equal(collectionOf(file), collection)
    })
  }

  test('one that is too long is cut and ends in a hash', () => {
    const longest = 'x'.repeat(238)
    assert.equal(fileNameOf(longest), longest)
    // SHA-1 of 239 letters x, in base64 for URLs.
    assert.equal(fileNameOf(`${longest}x`), `${'x'.repeat(208)}%24Nq75d-cu3iRxNs-ce3Tvf9gagoU`)
  })

  test('one that was cut within a letter stays as it is', () => {
    const cut = fileNameOf(`${'x'.repeat(150)}${'ü'.repeat(20)}`)
    assert.match(cut, /%%24/)
    assert.equal(collectionOf(cut), cut)
  })
})
