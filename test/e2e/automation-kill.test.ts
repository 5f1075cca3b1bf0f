import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import {
  type AutomationStatus,
  asClient,
  automationOf,
  endAll,
  goalProcess,
  launchedBelow,
  pidBehind,
} from '../support/automation.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'

describe('kill -9 of gantry serve while it works on a goal', () => {
  let folder: string
  let gantry: GantryProcess
  let group: string
  const automation = automationOf(
    () => gantry,
    () => group,
  )
  const serve = async () => {
    gantry = await startGantry(['--public-rate-limit', '0'], join(folder, 'g'))
  }
  async function killAndServe(): Promise<void> {
    gantry.signal('SIGKILL')
    await gantry.exit
    await serve()
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-automation-kill-'))
    await serve()
    group = String((await automation.call('POST', '/groups', { name: 'g' })).id)
  })
  afterEach(async () => {
    await gantry.stop()
    await endAll(launchedBelow(folder))
    rmSync(folder, { recursive: true })
  })

  const plans =
    (...moves: string[]) =>
    ({ processes }: AutomationStatus) =>
      processes.some(({ plan }) => moves.includes(plan[0]))

  const moments: readonly [string, (status: AutomationStatus) => boolean][] = [
    ['at once', () => true],
    ['while a program is looked for or started', plans('Download', 'Start')],
    [
      'when one is started',
      (status) => plans('WaitFeatureCompatibilityVersionCorrect')(status) || reached(status),
    ],
  ]
  for (const [when, isSo] of moments) {
    test(`${when}: two processes come up, one on each folder`, async () => {
      const processes = [await goalProcess(folder, 'one'), await goalProcess(folder, 'two')]
      await automation.put(processes)
      await automation.until((status) => isSo(status) || reached(status))
      await killAndServe()
      await automation.atGoal()
      const pids = [await pidBehind(processes[0]), await pidBehind(processes[1])]
      assert.deepEqual(launchedBelow(folder).sort(), pids.sort())
    })
  }

  for (const move of ['Restart', 'Start', 'reached'] as const) {
    test(`a restart asked for once, killed at ${move}: it happens once`, async () => {
      const one = await goalProcess(folder, 'one')
      await automation.put([one])
      await automation.atGoal()
      const first = await pidBehind(one)
      await asClient(one, (client) => client.db('d').collection('c').insertOne({ a: 1 }))
      await automation.put([{ ...one, lastRestart: new Date().toISOString() }])
      await automation.until((status) => plans(move)(status) || reached(status))
      await killAndServe()
      await automation.atGoal()
      const second = await pidBehind(one)
      assert.notEqual(second, first)
      await killAndServe()
      const { processes } = (await automation.call('GET', `/groups/${group}/automationConfig`)) as {
        processes: object[]
      }
      await automation.put([{ ...processes[0], alias: 'a' }])
      await automation.atGoal()
      assert.equal(await pidBehind(one), second)
      await asClient(one, async (client) => {
        assert.equal(await client.db('d').collection('c').countDocuments(), 1)
      })
    })
  }

  test('a process that dies with the server is started again', async () => {
    const one = await goalProcess(folder, 'one')
    await automation.put([one])
    await automation.atGoal()
    gantry.signal('SIGKILL')
    await gantry.exit
    await endAll(launchedBelow(folder))
    await serve()
    await automation.until(({ processes }) => processes[0].plan.length === 0)
    await asClient(one, (client) => client.db('d').command({ ping: 1 }))
  })
})

function reached({ goalVersion, processes }: AutomationStatus): boolean {
  return processes.every(({ lastGoalVersionAchieved }) => lastGoalVersionAchieved === goalVersion)
}
