/** What the data in a folder has to be after what a writer process has told. */
import assert from 'node:assert/strict'
import type { TestEngine, TestReply } from './test-engine.js'
import { ACCOUNTS, CALLERS, type Deed, type Line } from './writer-process.js'

const START_BALANCE = 1000

interface CallerState {
  /** Documents in `main`, by `_id`: their stamps. */
  readonly docs: Map<string, number>
  readonly indexes: Set<string>
  /** Stamps of the documents in the caller's own collection. */
  filled: Set<number>
  /** Begun and not acknowledged when the process died: may have happened or not. */
  open?: Deed
}

export interface ExpectedData {
  note(line: Line): void
  /** Writes that were acknowledged so far. */
  readonly acknowledged: number
  /** Compares with what is stored, and takes over what the writes left open have become. */
  verify(t: Pick<TestEngine, 'run' | 'find'>): Promise<void>
}

export async function prepareData(t: Pick<TestEngine, 'run'>): Promise<void> {
  await t.run({
    createIndexes: 'main',
    indexes: [
      { key: { u: 1 }, name: 'u', unique: true },
      { key: { w: 1, a: -1 }, name: 'wa' },
      { key: { tags: 1 }, name: 'tags' },
    ],
  })
  const documents = Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, balance: START_BALANCE }))
  await t.run({ insert: 'accounts', documents })
}

export function createExpectedData(): ExpectedData {
  const callers = Array.from(
    { length: CALLERS },
    (): CallerState => ({ docs: new Map(), indexes: new Set(), filled: new Set() }),
  )
  let acknowledged = 0
  let counter = 0
  const numbers = new Set<number>()

  return {
    get acknowledged() {
      return acknowledged
    },
    note(line) {
      if ('ready' in line) return
      const state = callers[line.caller]
      if ('start' in line) {
        state.open = line.start
        return
      }
      acknowledged++
      state.open = undefined
      apply(state, line.done)
      if (line.done.op !== 'count') return
      const number = line.result as number
      assert.ok(!numbers.has(number), `the counter gave ${number} twice`)
      numbers.add(number)
      counter = Math.max(counter, number)
    },
    async verify(t) {
      await verifyMain(t, callers)
      for (const [number, state] of callers.entries()) await verifyOwn(t, number, state)
      const accounts = await t.find({ find: 'accounts' })
      const sum = accounts.reduce((total, { balance }) => total + balance, 0)
      assert.equal(sum, ACCOUNTS * START_BALANCE, 'half a transaction')
      const counted = (await t.find({ find: 'counter' }))[0]?.n ?? 0
      const open = callers.filter((state) => state.open?.op === 'count').length
      assert.ok(
        counted >= counter && counted <= counter + open,
        `${counted} counted, not ${counter}`,
      )
      counter = counted
      for (const state of callers) state.open = undefined
    },
  }
}

function apply(state: CallerState, deed: Deed): void {
  if (deed.op === 'insert') for (const id of deed.ids) state.docs.set(id, deed.stamp)
  else if (deed.op === 'update') state.docs.set(deed.id, deed.stamp)
  else if (deed.op === 'delete') state.docs.delete(deed.id)
  else if (deed.op === 'index') state.indexes.add(deed.name)
  else if (deed.op === 'unindex') state.indexes.delete(deed.name)
  else if (deed.op === 'fill') state.filled.add(deed.stamp)
  else if (deed.op === 'drop') state.filled = new Set()
}

async function verifyMain(t: Pick<TestEngine, 'find'>, callers: CallerState[]): Promise<void> {
  const found = await t.find({ find: 'main', batchSize: 10_000 })
  const byId = new Map<string, TestReply>(found.map((doc) => [doc._id, doc]))
  for (const { _id, a, b, u, tags } of found) {
    assert.deepEqual([b, u, tags], [a, `${_id}:${a}`, [a, `t${a % 10}`]], 'half an update')
  }
  for (const state of callers) {
    const { open, docs } = state
    for (const [id, stamp] of docs) {
      const stored = byId.get(id)?.a
      const allowed = [stamp, ...outcomesOf(open, id)]
      assert.ok(allowed.includes(stored), `${id} is ${stored}, not ${allowed}`)
      if (stored === undefined) docs.delete(id)
      else docs.set(id, stored)
      byId.delete(id)
    }
    if (open?.op !== 'insert') continue
    for (const id of open.ids) {
      const stored = byId.get(id)
      if (!stored) break
      docs.set(id, open.stamp)
      byId.delete(id)
    }
  }
  assert.deepEqual([...byId.keys()], [], 'documents that nobody has stored, or that were deleted')
}

/** What else a document may be when a write was left open; undefined for gone. */
function outcomesOf(open: Deed | undefined, id: string): (number | undefined)[] {
  if (open?.op === 'update' && open.id === id) return [open.stamp]
  return open?.op === 'delete' && open.id === id ? [undefined] : []
}

/** Checks a caller's own collections. */
async function verifyOwn(
  t: Pick<TestEngine, 'run' | 'find'>,
  number: number,
  state: CallerState,
): Promise<void> {
  const { open } = state
  const listed = await t.run({ listIndexes: `x${number}` }).catch(() => undefined)
  const names = (listed?.cursor.firstBatch ?? []).map(({ name }: { name: string }) => name)
  const indexes = new Set<string>(names.filter((name: string) => name !== '_id_'))
  const changed = open?.op === 'index' || open?.op === 'unindex' ? open.name : undefined
  for (const name of new Set([...state.indexes, ...indexes])) {
    if (name === changed) continue
    assert.equal(indexes.has(name), state.indexes.has(name), `index ${name}`)
  }
  state.indexes.clear()
  for (const name of indexes) state.indexes.add(name)

  const stamps = (await t.find({ find: `d${number}` })).map(({ _id }) => _id as number)
  const outcomes = [[...state.filled]]
  if (open?.op === 'drop') outcomes.push([])
  if (open?.op === 'fill') outcomes.push([...state.filled, open.stamp])
  const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b).join()
  assert.ok(outcomes.map(sorted).includes(sorted(stamps)), `collection d${number} has ${stamps}`)
  state.filled = new Set(stamps)
}
