import { abortTransaction } from './abortTransaction.js'
import { collStats } from './collStats.js'
import type { CommandDefinition } from './command.js'
import { commitTransaction } from './commitTransaction.js'
import { count } from './count.js'
import { create } from './create.js'
import { createIndexes } from './createIndexes.js'
import { dbStats } from './dbStats.js'
import { deleteCommand } from './delete.js'
import { distinct } from './distinct.js'
import { drop } from './drop.js'
import { dropDatabase } from './dropDatabase.js'
import { dropIndexes } from './dropIndexes.js'
import { explain } from './explain.js'
import { find } from './find.js'
import { findAndModify } from './findAndModify.js'
import { getMore } from './getMore.js'
import { insert } from './insert.js'
import { killCursors } from './killCursors.js'
import { listCollections } from './listCollections.js'
import { listDatabases } from './listDatabases.js'
import { listIndexes } from './listIndexes.js'
import { ping } from './ping.js'
import { endSessions, killSessions, refreshSessions, startSession } from './sessions.js'
import { update } from './update.js'

/** All commands, in order of their names. */
export const commands: readonly CommandDefinition[] = [
  abortTransaction,
  collStats,
  commitTransaction,
  count,
  create,
  createIndexes,
  dbStats,
  deleteCommand,
  distinct,
  drop,
  dropDatabase,
  dropIndexes,
  endSessions,
  explain,
  find,
  findAndModify,
  getMore,
  insert,
  killCursors,
  killSessions,
  listCollections,
  listDatabases,
  listIndexes,
  ping,
  refreshSessions,
  startSession,
  update,
]
