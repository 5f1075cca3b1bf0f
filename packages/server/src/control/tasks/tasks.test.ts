import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import type { Log } from '../log.js'
import { type State, stateIn } from '../state.js'
import type { TaskHandler, TaskWork } from './handler.js'
import { taskTable } from './task.js'
import { openTasks, type Tasks } from './tasks.js'

const silent: Log = { info() {}, warn() {}, error() {} }

/** A promise and what resolves it. */
function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('tasks', () => {
  let folder: string
  let state: State
  const servers: Tasks[] = []
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-tasks-'))
    state = stateIn(await openEmbedded(folder))
    await state.prepare(taskTable)
  })
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((tasks) => tasks.stop()))
    await state.close()
    rmSync(folder, { recursive: true })
  })

  /** A server over the state, which has one kind of task. */
  async function serve(server: string, handler: TaskHandler, timing = {}): Promise<Tasks> {
    const tasks = openTasks({ state, log: silent, server, pollMs: 20, ...timing })
    tasks.handle('work', handler)
    await tasks.start()
    servers.push(tasks)
    return tasks
  }

  test('one is done, with its steps and what came of it', async () => {
    const seen: unknown[] = []
    const tasks = await serve('a', {
      async run({ args }, work) {
        await work.step('first', 0.25, { made: 'x' })
        seen.push(args, await tasks.get(id))
        await work.step('second', undefined, { bytes: 7.5 })
      },
    })
    const args = { name: 'n', size: 1.5, big: 2 ** 40, yes: true }
    const { id } = await tasks.create({ kind: 'work', instance: '1'.repeat(24), args })
    const done = await tasks.finished(id)
    assert.deepEqual([done.state, done.permille, done.step], ['succeeded', 1000, 'done'])
    assert.deepEqual(done.result, { made: 'x', bytes: 7.5 })
    assert.deepEqual(seen[0], args)
    const { step, permille } = seen[1] as typeof done
    assert.deepEqual([step, permille], ['first', 250])
    assert.ok(done.startedMs && done.finishedMs && done.startedMs <= done.finishedMs)
    assert.deepEqual(
      (await tasks.list({})).map((task) => task.id),
      [id],
    )
  })

  test('one that fails is rolled back, and says why and where', async () => {
    const undone: string[] = []
    const tasks = await serve('a', {
      async run(_task, work) {
        await work.step('half way')
        throw new Error('no luck')
      },
      async rollBack({ step }, error) {
        undone.push(step, (error as Error).message)
      },
    })
    const { id } = await tasks.create({ kind: 'work' })
    const { state, error, note } = await tasks.finished(id)
    assert.deepEqual([state, error], ['failed', 'no luck'])
    assert.equal(note, 'rolled back at the step "half way"')
    assert.deepEqual(undone, ['half way', 'no luck'])
  })

  test('one that a server left is gone on with after its restart, and it says so', async () => {
    const begun = gate()
    const first = await serve('a', {
      async run(_task, { signal, step }) {
        await step('waiting for the end')
        begun.open()
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
    })
    const { id } = await first.create({ kind: 'work' })
    await begun.opened
    await first.stop()
    assert.equal((await first.get(id))?.state, 'running')
    const resumed: boolean[] = []
    const again = await serve('a', {
      async run(_task, { isResumed }) {
        resumed.push(isResumed)
      },
    })
    const done = await again.finished(id)
    assert.equal(done.state, 'succeeded')
    assert.equal(done.note, 'went on after a restart at the step "waiting for the end"')
    assert.deepEqual(resumed, [true])
  })

  test('of servers that share the state one runs each, whoever made it', async () => {
    const runs: string[] = []
    const run = (server: string) => async (task: { id: string }) => void runs.push(task.id, server)
    const a = await serve('a', { run: run('a') })
    const b = await serve('b', { run: run('b') })
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b).create({ kind: 'work' })),
    )
    await Promise.all(made.map(({ id }) => a.finished(id)))
    const ids = runs.filter((_, i) => i % 2 === 0)
    assert.deepEqual(ids.toSorted(), made.map(({ id }) => id).toSorted())
    assert.equal(ids.length, 40)
  })

  test('one whose server is gone is taken over when its lease is over; one with a home waits', async () => {
    const dead = { ...silent }
    const begun = gate()
    const never = gate()
    // This one does not renew, as its process is gone for all that others can tell.
    const lost = openTasks({ state, log: dead, server: 'lost', pollMs: 20, leaseMs: 1 })
    lost.handle('work', {
      async run(_task: unknown, { signal }: TaskWork) {
        begun.open()
        await never.opened
        signal.throwIfAborted()
      },
    })
    await lost.start()
    const { id } = await lost.create({ kind: 'work' })
    const home = await lost.create({ kind: 'work', home: 'elsewhere' })
    await begun.opened
    const b = await serve('b', { async run() {} })
    const done = await b.finished(id)
    assert.deepEqual([done.state, done.owner], ['succeeded', 'b'])
    assert.equal((await b.get(home.id))?.state, 'queued')
    never.open()
    await lost.stop()
    assert.equal((await b.get(id))?.owner, 'b')
  })

  test('one that may be cancelled undoes what it did; others cannot be', async () => {
    const begun = gate()
    const undone: string[] = []
    const tasks = await serve('a', {
      cancellable: true,
      async run(_task, { signal }) {
        begun.open()
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
      async rollBack({ id }) {
        undone.push(id)
      },
    })
    const { id } = await tasks.create({ kind: 'work', exclusive: 'only' })
    await begun.opened
    await tasks.cancel(id)
    assert.equal((await tasks.finished(id)).state, 'cancelled')
    assert.deepEqual(undone, [id])
    await assert.rejects(tasks.cancel(id), /already finished/)
    await assert.rejects(tasks.cancel('0'.repeat(24)), /no such task/)

    const firm = gate()
    const started = gate()
    tasks.handle('firm', {
      async run() {
        started.open()
        await firm.opened
      },
    })
    const other = await tasks.create({ kind: 'firm' })
    await started.opened
    await assert.rejects(tasks.cancel(other.id), /goes on to its end/)
    firm.open()
    assert.equal((await tasks.finished(other.id)).state, 'succeeded')
  })

  test('only one with the same mark is under way, and only one with the same key ever is', async () => {
    const held = gate()
    const tasks = await serve('a', { run: () => held.opened })
    const { id } = await tasks.create({ kind: 'work', exclusive: 'compact 1', key: 'k1' })
    const conflict = (error: unknown) => (error as { kind?: string }).kind === 'conflict'
    await assert.rejects(tasks.create({ kind: 'work', exclusive: 'compact 1' }), conflict)
    held.open()
    await tasks.finished(id)
    const next = await tasks.create({ kind: 'work', exclusive: 'compact 1' })
    await assert.rejects(tasks.create({ kind: 'work', key: 'k1' }), conflict)
    await tasks.finished(next.id)
  })

  test('one that no server survives is given up', async () => {
    const ran: string[] = []
    const deadly: TaskHandler = {
      async run() {
        ran.push('run')
      },
      async rollBack() {
        ran.push('rolled back')
      },
    }
    const tasks = openTasks({ state, log: silent, server: 'a' })
    tasks.handle('work', deadly)
    const { id } = await tasks.create({ kind: 'work' })
    const { ObjectId } = await import('@gantry/bson')
    const left = { state: 'running', owner: 'a', attempts: 5 }
    await state.update(taskTable, new ObjectId(id), { $set: left })
    servers.push(tasks)
    await tasks.start()
    const { state: end, error } = await tasks.finished(id)
    assert.deepEqual([end, error], ['failed', 'given up after 5 attempts'])
    assert.deepEqual(ran, ['rolled back'])
  })
})
