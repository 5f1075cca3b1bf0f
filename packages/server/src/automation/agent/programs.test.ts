import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { emptyGoal, type Goal, type GoalProcess } from '../goal.js'
import { programsFrom } from './programs.js'

describe('the program of a process', () => {
  let folder: string
  let mongod: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-programs-'))
    // What MongoDB's own program says of itself; nothing else of it is asked here.
    mongod = join(folder, 'mongod')
    writeFileSync(mongod, '#!/bin/sh\necho "db version v7.0.14"\n', { mode: 0o755 })
  })
  after(() => rmSync(folder, { recursive: true }))

  const engine = ['gantry', 'mongod']
  const processOf = (change: Partial<GoalProcess> = {}, args: object = {}) =>
    ({
      name: 'one',
      processType: 'mongod',
      version: '7.0.14-ent',
      hostname: 'localhost',
      args2_6: { net: { port: 1 }, ...args },
      ...change,
    }) as unknown as GoalProcess
  const goalWith = (...processes: GoalProcess[]): Goal => ({ ...emptyGoal, processes })

  test('a mongod that was named is taken for what it is, of its version only', async () => {
    const find = programsFrom({ mongod, engine })
    const process = processOf()
    const found = await find(goalWith(process), process)
    assert.deepEqual([found.command, found.isEngine], [mongod, false])
    const newer = processOf({ version: '8.0.1' })
    const says = /version 8\.0\.1 is wanted, and .*mongod is mongod 7\.0\.14: .*--mongod/
    await assert.rejects(find(goalWith(newer), newer), says)
    // Sets and shards are its own.
    const shard = processOf({}, { sharding: { clusterRole: 'shardsvr' } })
    assert.equal((await find(goalWith(shard), shard)).command, mongod)
  })

  test('one that was named and is not there is told of, whether there is an engine or not', async () => {
    const process = processOf()
    const find = programsFrom({ mongod: join(folder, 'nothing'), engine })
    await assert.rejects(find(goalWith(process), process), /nothing.*is not there; install MongoDB/)
  })

  test('without a mongos there is no cluster', async () => {
    const router = processOf({ processType: 'mongos', cluster: 'c' })
    const find = programsFrom({ mongod, mongos: join(folder, 'no-mongos'), engine })
    await assert.rejects(find(goalWith(router), router), /no-mongos.*--mongos/)
  })
})
