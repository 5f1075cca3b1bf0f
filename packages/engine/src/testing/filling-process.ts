/**
 * A program that a test starts with a limit on the size of files: it stores documents until
 * commits fail, looks at what is there, and tells what it found as JSON on file descriptor 3.
 *
 *     node filling-process.js FOLDER
 */
import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { encodeDocument } from '@gantry/bson'
import { openEngine } from '../open-engine.js'
import { plainReply, type TestCommand, type TestReply } from './test-engine.js'

export interface FillingReport {
  /** `_id`s whose insertion was acknowledged. */
  readonly stored: readonly number[]
  readonly errors: readonly string[]
  /** Documents as the engine counts them, and as a scan finds them, after commits have failed. */
  readonly counted: number
  readonly scanned: number
  readonly collections: readonly string[]
  /** Whether an index that did not fit is gone and can be made once there is room. */
  readonly indexFailed: boolean
  readonly indexesAfterFailure: readonly string[]
  readonly indexesAfterRetry: readonly string[]
}

const CALLERS = 4
const pad = 'x'.repeat(5000)

async function main([folder]: readonly string[]): Promise<void> {
  const engine = await openEngine({ path: folder })
  const session = engine.connect({ internal: true })
  const run = async (command: TestCommand): Promise<TestReply> =>
    plainReply(await engine.run(session, { body: encodeDocument({ ...command, $db: 'test' }) }))
  const stored: number[] = []
  const errors: string[] = []

  async function store(_id: number): Promise<void> {
    try {
      // Every so often with a new collection, so that the catalog has something to take back.
      const insert = errors.length === 0 ? 'c' : `extra${_id}`
      await run({ insert, documents: [{ _id, key: `${_id}${pad.slice(0, 1500)}`, pad }] })
      if (insert === 'c') stored.push(_id)
    } catch (error) {
      errors.push((error as Error).message)
    }
  }
  for (let id = 0; errors.length < CALLERS * 2; id += CALLERS) {
    await Promise.all(Array.from({ length: CALLERS }, (_, i) => store(id + i)))
  }
  const counted = (await run({ count: 'c' })).n
  const scanned = (await run({ count: 'c', query: { pad: { $exists: true } } })).n
  const collections = names(await run({ listCollections: 1 }))

  const indexes = [{ key: { key: 1 }, name: 'key' }]
  const indexFailed = await run({ createIndexes: 'c', indexes }).then(
    () => false,
    () => true,
  )
  const indexesAfterFailure = names(await run({ listIndexes: 'c' }))
  // A disk that is wholly full has no room for removals either: somebody makes some.
  spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:'])
  for (const name of collections) if (name !== 'c') await run({ drop: name })
  const half = stored.splice(0, Math.ceil(stored.length * 0.7))
  for (const _id of half) await run({ delete: 'c', deletes: [{ q: { _id }, limit: 1 }] })
  await run({ createIndexes: 'c', indexes })
  const indexesAfterRetry = names(await run({ listIndexes: 'c' }))
  await engine.close()
  const report: FillingReport = {
    stored,
    errors,
    counted: counted - half.length,
    scanned: scanned - half.length,
    collections,
    indexFailed,
    indexesAfterFailure,
    indexesAfterRetry,
  }
  writeSync(3, JSON.stringify(report))
}

function names({ cursor }: TestReply): string[] {
  return cursor.firstBatch.map(({ name }: { name: string }) => name)
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
