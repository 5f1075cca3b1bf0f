import { after, before, describe, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { type EngineServer, startEngineServer } from '../../support/engine-server.js'
import { runTest } from './run-test.js'
import { LeftOut, readSpecFiles, type ServerFacts } from './specification.js'

/** Folders of github.com/mongodb/specifications whose tests are run. */
const folders = [
  'crud',
  'sessions',
  'transactions',
  'transactions-convenient-api',
  'retryable-writes',
  'retryable-reads',
  'change-streams',
  'run-command',
  'collection-management',
  'index-management',
]

const root = process.env.GANTRY_TEST_SPECIFICATIONS
const skip =
  root === undefined &&
  'NOT TESTED: set GANTRY_TEST_SPECIFICATIONS to a checkout of github.com/mongodb/specifications'
if (skip) process.stderr.write(`${skip}\n`)

describe('unified tests of the MongoDB specifications', { skip }, () => {
  const tally = new Map<string, { passed: number; run: number; leftOut: Map<string, number> }>()
  let server: EngineServer
  let facts: ServerFacts

  before(async () => {
    server = await startEngineServer()
    const client = await new MongoClient(uri()).connect()
    const { version } = await client.db('admin').command({ buildInfo: 1 })
    const { ok: _, ...parameters } = await client.db('admin').command({ getParameter: '*' })
    await client.close()
    facts = { version, parameters }
  })
  after(() => server.close())

  const uri = () => server.uri('&replicaSet=gantry')

  for (const folder of root === undefined ? [] : folders) {
    const counts = { passed: 0, run: 0, leftOut: new Map<string, number>() }
    tally.set(folder, counts)
    for (const file of readSpecFiles(root as string, folder)) {
      for (const spec of file.content.tests) {
        // A change stream without the expected event would be waited for without an end.
        test(`${file.path}: ${spec.description}`, { timeout: 30_000 }, async (t) => {
          counts.run++
          try {
            await runTest(file, spec, uri(), facts)
            counts.passed++
          } catch (error) {
            if (!(error instanceof LeftOut)) throw error
            counts.run--
            counts.leftOut.set(error.message, (counts.leftOut.get(error.message) ?? 0) + 1)
            t.skip(error.message)
          }
        })
      }
    }
  }

  test('passed of those run, by folder', (t) => {
    for (const [folder, { passed, run, leftOut }] of tally) {
      const reasons = [...leftOut].map(([reason, count]) => `${count}: ${reason}`).join('; ')
      t.diagnostic(`${folder}: ${passed}/${run}; left out ${reasons || 'none'}`)
    }
  })
})
