import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Goal } from '../../automation/goal.js'
import { goalHosts } from './goal-hosts.js'

describe('how the server reaches what automation runs', () => {
  const goal = {
    version: 1,
    replicaSets: [],
    processes: [
      {
        name: 'one',
        hostname: 'db1.example.com',
        processType: 'mongod',
        version: '8.0.0',
        featureCompatibilityVersion: '8.0',
        authSchemaVersion: 5,
        args2_6: {
          net: { port: 27017, tls: { mode: 'requireTLS', CAFile: '/etc/ssl/own.pem' } },
          storage: { dbPath: '/data/one' },
        },
      },
    ],
    tls: { CAFilePath: '/etc/ssl/ca.pem', autoPEMKeyFilePath: '/etc/ssl/agent.pem' },
    auth: { disabled: false, autoUser: 'agent', autoPwd: 'old' },
  } as unknown as Goal

  const uriOf = (document: Goal, isTrusted: boolean) =>
    goalHosts('a'.repeat(24), document, isTrusted)[0].reach.uri

  test('files that the document names are read only for those who are trusted', () => {
    const trusted = uriOf(goal, true)
    assert.match(trusted, /tlsCAFile=%2Fetc%2Fssl%2Fca\.pem/)
    assert.match(trusted, /tlsCertificateKeyFile=%2Fetc%2Fssl%2Fagent\.pem/)
    const here = {
      ...goal,
      processes: goal.processes.map((one) => ({ ...one, hostname: 'localhost' })),
    }
    for (const document of [goal, here]) {
      const other = uriOf(document, false)
      assert.match(other, /[?&]tls=true/)
      assert.doesNotMatch(other, /File/)
    }
  })

  test('with the new password of the agents once there is one', () => {
    assert.match(uriOf(goal, true), /^mongodb:\/\/agent:old@/)
    const auth = { ...goal.auth, newAutoPwd: 'new' } as Goal['auth']
    assert.match(uriOf({ ...goal, ...(auth && { auth }) }, true), /^mongodb:\/\/agent:new@/)
  })
})
