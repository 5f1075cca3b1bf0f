import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Binary } from '@gantry/bson'
import { logIn, noAuthentication, refreshAuthentication } from './authentication.js'
import { isAuthorized } from './authorize.js'
import { readDirectory } from './directory.js'
import { type User, userDocument } from './documents.js'

const ann: User = {
  user: 'ann',
  db: 'a',
  userId: new Binary(Buffer.alloc(16, 1), 4),
  credentials: {},
  customData: undefined,
  roles: [{ role: 'readWrite', db: 'a' }],
  restrictions: [],
}
const directoryOf = (...users: User[]) => readDirectory(users.map(userDocument), [])

function loggedIn() {
  const authentication = noAuthentication()
  logIn(authentication, ann, directoryOf(ann))
  return authentication
}

const target = { db: 'a', collection: 'c' }

describe('refreshAuthentication', () => {
  test('follows a change of roles', () => {
    const authentication = loggedIn()
    assert.ok(isAuthorized(authentication.permissions, 'insert', target))
    refreshAuthentication(
      authentication,
      directoryOf({ ...ann, roles: [{ role: 'read', db: 'a' }] }),
    )
    assert.ok(!isAuthorized(authentication.permissions, 'insert', target))
    assert.ok(isAuthorized(authentication.permissions, 'find', target))
  })

  const gone = [
    { name: 'removed', directory: directoryOf() },
    {
      name: 'removed and made anew',
      directory: directoryOf({ ...ann, userId: new Binary(Buffer.alloc(16, 2), 4) }),
    },
  ]
  for (const { name, directory } of gone) {
    test(`logs out a user that was ${name}`, () => {
      const authentication = loggedIn()
      refreshAuthentication(authentication, directory)
      assert.equal(authentication.user, undefined)
      assert.ok(!isAuthorized(authentication.permissions, 'find', target))
    })
  }
})
