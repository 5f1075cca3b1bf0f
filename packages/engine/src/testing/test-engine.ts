/** An engine in a temporary folder that tests give commands as plain objects. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Double, decodeDocument, encodeDocument, type Value, type Writable } from '@gantry/bson'
import type { Engine, Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { openEngine } from '../open-engine.js'
import type { Session } from '../session.js'
import { checkStore } from './check-store.js'

export type TestCommand = Readonly<Record<string, Writable | undefined>>

/** A reply as plain objects: doubles are numbers, documents are objects. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at parts of replies whose form they know.
export type TestReply = any

export interface TestEngine {
  readonly engine: Engine
  readonly session: Session
  readonly path: string
  /** Runs a command on the database `test`, or on the one that its `$db` names. */
  run(
    command: TestCommand,
    sequences?: Readonly<Record<string, readonly Buffer[]>>,
  ): Promise<TestReply>
  /** All documents that a find gives, over all its batches. */
  find(command: TestCommand): Promise<TestReply[]>
  /** The error that a command fails with. */
  failure(command: TestCommand): Promise<CommandError>
  /** Closes the engine and opens its folder again. */
  reopen(): Promise<void>
  /** Closes the engine, fails when what is stored disagrees with itself, and opens it again. */
  check(): Promise<void>
  /** Closes the engine and removes its folder. */
  remove(): Promise<void>
}

export async function openTestEngine(): Promise<TestEngine> {
  const path = mkdtempSync(join(tmpdir(), 'gantry-engine-'))
  let engine = await openEngine({ path })
  let session = engine.connect({ internal: true })

  async function run(
    command: TestCommand,
    sequences: Readonly<Record<string, readonly Buffer[]>> = {},
  ): Promise<TestReply> {
    const body = encodeDocument({ ...command, $db: command.$db ?? 'test' })
    const reply = await engine.run(session, { body, sequences: new Map(Object.entries(sequences)) })
    return plainReply(reply)
  }

  return {
    get engine() {
      return engine
    },
    get session() {
      return session
    },
    path,
    run,
    async find(command) {
      let { cursor } = await run(command)
      const docs: TestReply[] = cursor.firstBatch
      while (cursor.id !== 0n) {
        const collection = command.find
        cursor = (await run({ getMore: cursor.id, collection, $db: command.$db })).cursor
        docs.push(...cursor.nextBatch)
      }
      return docs
    },
    async failure(command) {
      try {
        await run(command)
      } catch (error) {
        if (error instanceof CommandError) return error
        throw error
      }
      throw new Error(`no failure: ${JSON.stringify(Object.keys(command))}`)
    },
    async reopen() {
      await engine.close()
      engine = await openEngine({ path })
      session = engine.connect({ internal: true })
    },
    async check() {
      await engine.close()
      assert.deepEqual(await checkStore(path), [])
      engine = await openEngine({ path })
      session = engine.connect({ internal: true })
    },
    async remove() {
      await engine.close()
      rmSync(path, { recursive: true })
    },
  }
}

/** A reply as a client sees it. */
export function plainReply(reply: Reply): TestReply {
  return plain(decodeDocument(encodeDocument(reply)))
}

/** A decoded value with objects in the place of Maps and numbers in the place of doubles. */
export function plain(value: Value): TestReply {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)]))
  }
  if (Array.isArray(value)) return value.map(plain)
  return value instanceof Double ? value.value : value
}
