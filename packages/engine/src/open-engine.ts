import { mkdirSync } from 'node:fs'
import { Double, findElement, readName, readString } from '@gantry/bson'
import { openCatalog } from './catalog/catalog.js'
import { hasDropped, removeDropped } from './catalog/reaper.js'
import { dropUnfinishedIndexes, writeFormat } from './catalog/recovery.js'
import { readArgs } from './commands/args.js'
import type { CommandContext, CommandDefinition } from './commands/command.js'
import { createCursorRegistry } from './commands/cursors.js'
import { commands } from './commands/index.js'
import { checkDatabaseName } from './commands/namespace.js'
import type { CommandMessage, Engine, Reply } from './engine.js'
import { CommandError } from './errors.js'
import { openOplog } from './oplog/oplog.js'
import { createSession, endSession, type Session } from './session.js'
import { openStore } from './storage/store.js'
import { createConflictTable } from './transactions/conflicts.js'
import { createPlainWrite } from './transactions/plain-write-queue.js'

export interface EngineOptions {
  /** The folder of the data; made when it is not there. */
  readonly path: string
  /** Milliseconds since 1970; the system's clock unless a test sets another. */
  readonly now?: () => number
}

const OK = new Double(1)
const DB = Buffer.from('$db')

const byName = new Map<string, CommandDefinition>()
for (const definition of commands) {
  for (const name of [definition.name, ...(definition.aliases ?? [])]) byName.set(name, definition)
}

/** How often idle cursors are looked for. */
const HOUSEKEEPING_MS = 60_000

/** Opens the database in a folder. Only one engine may have a folder open at a time. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { path, now = Date.now } = options
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const store = openStore(path)
  const catalog = openCatalog(store)
  await writeFormat(store)
  await dropUnfinishedIndexes(store, catalog)
  const conflicts = createConflictTable()
  const oplog = openOplog(store, now)
  const write = createPlainWrite(store, catalog, conflicts, oplog)
  const cursors = createCursorRegistry(now)
  const sessions = new Set<Session>()
  let lastSession = 0
  let closing = false
  let reaping: Promise<void> | undefined
  reap()
  const housekeeping = setInterval(() => cursors.closeIdle(now()), HOUSEKEEPING_MS).unref()

  /** Frees the space of what was dropped, a bit at a time. */
  function reap(): void {
    if (reaping || closing || !hasDropped(store)) return
    reaping = store
      .write(removeDropped)
      .catch(() => {})
      .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
      .then(() => {
        reaping = undefined
        reap()
      })
  }

  function contextOf(session: Session, message: CommandMessage, db: string): CommandContext {
    return {
      catalog,
      store,
      cursors,
      session,
      db,
      message,
      now,
      view: store,
      write,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    }
  }

  async function run(session: Session, message: CommandMessage): Promise<Reply> {
    const name = readName(message.body, 5)
    const definition = byName.get(name)
    if (!definition) throw new CommandError('CommandNotFound', `no such command: '${name}'`)
    const db = databaseOf(message)
    if (definition.adminOnly && db !== 'admin') {
      throw new CommandError('Unauthorized', `${name} may only be run against the admin database.`)
    }
    const args = readArgs(definition.name, definition.args, message)
    const reply = await definition.run(contextOf(session, message, db), args)
    if (dropping.has(definition.name)) reap()
    return { ...reply, ok: OK }
  }

  return {
    connect(origin = {}) {
      const session = createSession(++lastSession, origin)
      sessions.add(session)
      return session
    },
    disconnect(session) {
      cursors.killAllOf(session)
      endSession(session)
      sessions.delete(session)
    },
    run,
    async close() {
      closing = true
      clearInterval(housekeeping)
      for (const session of sessions) cursors.killAllOf(session)
      await reaping
      await store.close()
    },
  }
}

const dropping: ReadonlySet<string> = new Set(['drop', 'dropDatabase', 'dropIndexes'])

function databaseOf({ body }: CommandMessage): string {
  const element = findElement(body, 0, DB)
  if (element === -1 || body[element] !== 0x02) {
    throw new CommandError('MissingFieldIDL', 'OP_MSG requests require a $db argument')
  }
  const db = readString(body, element + DB.length + 2)
  checkDatabaseName(db)
  return db
}
