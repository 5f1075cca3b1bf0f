/**
 * What was acknowledged survives the death of the process at any moment, whole: processes
 * that write from many callers at once are killed with SIGKILL, and their data is checked.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { checkStore } from './testing/check-store.js'
import { createExpectedData, type ExpectedData, prepareData } from './testing/expected-data.js'
import { createRandom } from './testing/random.js'
import { openTestEngine } from './testing/test-engine.js'
import type { Line } from './testing/writer-process.js'

/** Folders that are written to at a time, and how often each one's writer is killed. */
const FOLDERS = 2
const KILLS = 52

const program = join(import.meta.dirname, 'testing', 'writer-process.js')

/** Starts a writer, kills it some time after it is ready, and notes all that it told until then. */
async function writeUntilKilled(
  folder: string,
  seed: number,
  lifeMs: number,
  expected: ExpectedData,
): Promise<void> {
  const child = spawn(process.execPath, [program, folder, String(seed)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_code, signal) => resolve(signal))
  })
  for await (const text of createInterface({ input: child.stdio[3] as Readable })) {
    const line = parse(text)
    if (line && 'ready' in line) setTimeout(() => child.kill('SIGKILL'), lifeMs)
    else if (line) expected.note(line)
  }
  assert.equal(await ended, 'SIGKILL', 'the writer ended by itself')
}

/** The last line may be cut short by the kill: then its caller has not come to tell it. */
function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}

describe('durability', { concurrency: FOLDERS }, () => {
  for (let folder = 1; folder <= FOLDERS; folder++) {
    test(`nothing acknowledged is lost over ${KILLS} kills, folder ${folder}`, async (context) => {
      const random = createRandom(folder)
      const t = await openTestEngine()
      await prepareData(t)
      await t.engine.close()
      const expected = createExpectedData()
      let kills = 0
      for (; kills < KILLS; kills++) {
        await writeUntilKilled(t.path, folder * 1000 + kills, 100 + random.below(200), expected)
        assert.deepEqual(await checkStore(t.path), [])
        await t.reopen()
        await expected.verify(t)
        await t.engine.close()
      }
      context.diagnostic(`${kills} kills, ${expected.acknowledged} acknowledged writes`)
      assert.ok(expected.acknowledged > kills)
      await t.remove()
    })
  }
})
