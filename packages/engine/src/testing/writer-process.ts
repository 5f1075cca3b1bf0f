/**
 * A program that a test starts and kills: many callers write to the engine in a folder as
 * fast as they can, and tell what they are about to do and what was acknowledged, a line
 * each on file descriptor 3, before they go on.
 *
 *     node writer-process.js FOLDER SEED
 */
import { writeSync } from 'node:fs'
import { Binary, encodeDocument } from '@gantry/bson'
import { openEngine } from '../open-engine.js'
import { createRandom, type Random } from './random.js'
import { plainReply, type TestCommand, type TestReply } from './test-engine.js'

export const CALLERS = 16
export const ACCOUNTS = 8

/** What a caller does in one go. */
export type Deed =
  /** Stores documents in `main`, numbered by `stamp`. */
  | { readonly op: 'insert'; readonly ids: readonly string[]; readonly stamp: number }
  /** Changes several fields of a document in `main` to `stamp`. */
  | { readonly op: 'update'; readonly id: string; readonly stamp: number }
  | { readonly op: 'delete'; readonly id: string }
  /** Takes the next number of a counter that all share. */
  | { readonly op: 'count' }
  | { readonly op: 'index' | 'unindex'; readonly name: string }
  /** Stores a document in the caller's own collection, or drops that. */
  | { readonly op: 'fill' | 'drop'; readonly stamp: number }
  /** Moves an amount from one account to another, in a transaction. */
  | { readonly op: 'move'; readonly from: number; readonly to: number }

export type Line =
  | { readonly ready: true }
  | { readonly caller: number; readonly start: Deed }
  | { readonly caller: number; readonly done: Deed; readonly result?: number }

function tell(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(3, bytes, at)
    } catch (error) {
      // The pipe is full: the test reads it soon.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

type Run = (command: TestCommand) => Promise<TestReply>

interface Caller {
  readonly number: number
  readonly random: Random
  readonly run: Run
  /** Documents of the caller in `main`. */
  readonly ids: string[]
  readonly indexes: string[]
  readonly lsid: { readonly id: Binary }
  transactions: bigint
}

async function main([folder, seedText]: readonly string[]): Promise<void> {
  const seed = Number(seedText)
  const engine = await openEngine({ path: folder })
  const session = engine.connect({ internal: true })
  const run: Run = async (command) => {
    const body = encodeDocument({ ...command, $db: command.$db ?? 'test' })
    return plainReply(await engine.run(session, { body }))
  }
  const callers = await Promise.all(
    Array.from({ length: CALLERS }, async (_, number): Promise<Caller> => {
      const found = await run({ find: 'main', filter: { w: number }, limit: 200, batchSize: 200 })
      const listed = await run({ listIndexes: `x${number}` }).catch(() => undefined)
      const names: string[] = (listed?.cursor.firstBatch ?? []).map(
        (index: TestReply) => index.name,
      )
      return {
        number,
        random: createRandom(seed * CALLERS + number),
        run,
        ids: found.cursor.firstBatch.map(({ _id }: TestReply) => _id),
        indexes: names.filter((name) => name !== '_id_'),
        lsid: { id: new Binary(Buffer.alloc(16, number + 1), 4) },
        transactions: BigInt(seed) * 1_000_000n,
      }
    }),
  )
  tell({ ready: true })
  await Promise.all(callers.map((caller) => work(caller, seed)))
}

async function work(caller: Caller, seed: number): Promise<void> {
  for (let n = 0; ; n++) {
    const deed = choose(caller, seed * 1_000_000 + n * CALLERS + caller.number)
    tell({ caller: caller.number, start: deed })
    const result = await perform(caller, deed)
    tell({ caller: caller.number, done: deed, result })
  }
}

function choose({ random, ids, indexes, number }: Caller, stamp: number): Deed {
  const kind = random.below(100)
  const id = ids.length > 0 && random.pick(ids)
  if (kind < 25) return { op: 'insert', ids: [`${number}-${stamp}`], stamp }
  if (kind < 35) {
    return {
      op: 'insert',
      ids: Array.from({ length: 5 }, (_, i) => `${number}-${stamp}-${i}`),
      stamp,
    }
  }
  if (kind < 60 && id) return { op: 'update', id, stamp }
  if (kind < 72 && id) return { op: 'delete', id }
  if (kind < 82) return { op: 'count' }
  if (kind < 90) {
    return { op: 'move', from: random.below(ACCOUNTS), to: random.below(ACCOUNTS) }
  }
  if (kind < 93 && indexes.length < 40) return { op: 'index', name: `i${stamp}` }
  if (kind < 95 && indexes.length > 0) return { op: 'unindex', name: random.pick(indexes) }
  return { op: kind < 98 ? 'fill' : 'drop', stamp }
}

async function perform(caller: Caller, deed: Deed): Promise<number | undefined> {
  const { run, number, ids, indexes, random } = caller
  const pad = 'p'.repeat(random.chance(0.1) ? 6000 : random.below(300))
  switch (deed.op) {
    case 'insert': {
      const { stamp } = deed
      const documents = deed.ids.map((_id) => ({ _id, w: number, ...stamped(_id, stamp), pad }))
      await run({ insert: 'main', documents })
      ids.push(...deed.ids)
      return undefined
    }
    case 'update': {
      const set = { $set: { ...stamped(deed.id, deed.stamp), pad }, $inc: { v: 1 } }
      await run({ update: 'main', updates: [{ q: { _id: deed.id }, u: set }] })
      return undefined
    }
    case 'delete':
      await run({ delete: 'main', deletes: [{ q: { _id: deed.id }, limit: 1 }] })
      ids.splice(ids.indexOf(deed.id), 1)
      return undefined
    case 'count': {
      const update = { $inc: { n: 1 } }
      const counted = {
        findAndModify: 'counter',
        query: { _id: 1 },
        update,
        upsert: true,
        new: true,
      }
      return (await run(counted)).value.n
    }
    case 'index':
      await run({
        createIndexes: `x${number}`,
        indexes: [{ key: { [deed.name]: 1 }, name: deed.name }],
      })
      await run({ insert: `x${number}`, documents: [{ [deed.name]: [1, number] }] })
      indexes.push(deed.name)
      return undefined
    case 'unindex':
      await run({ dropIndexes: `x${number}`, index: deed.name })
      indexes.splice(indexes.indexOf(deed.name), 1)
      return undefined
    case 'fill':
      await run({ insert: `d${number}`, documents: [{ _id: deed.stamp, a: [deed.stamp, 'x'] }] })
      return undefined
    case 'drop':
      await run({ drop: `d${number}` })
      return undefined
    case 'move':
      return move(caller, deed.from, deed.to)
  }
}

function stamped(id: string, stamp: number) {
  return { a: stamp, b: stamp, u: `${id}:${stamp}`, tags: [stamp, `t${stamp % 10}`] }
}

/** 1 when the transaction was committed, 0 when others were in its way. */
async function move(caller: Caller, from: number, to: number): Promise<number> {
  const { run, lsid } = caller
  const txnNumber = ++caller.transactions
  const within = { lsid, txnNumber, autocommit: false }
  const change = (_id: number, by: number) => ({ q: { _id }, u: { $inc: { balance: by } } })
  try {
    const updates = [change(from, -1)]
    await run({ update: 'accounts', updates, ...within, startTransaction: true })
    await run({ update: 'accounts', updates: [change(to, 1)], ...within })
    await run({ commitTransaction: 1, ...within, $db: 'admin' })
    return 1
  } catch (error) {
    if ((error as { codeName?: string }).codeName === 'WriteConflict') return 0
    throw error
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
