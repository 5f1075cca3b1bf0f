import { _mergeAuthzCollections } from './_mergeAuthzCollections.js'
import { abortTransaction } from './abortTransaction.js'
import { aggregate } from './aggregate.js'
import { buildInfo } from './buildInfo.js'
import { bulkWrite } from './bulkWrite.js'
import { cloneCollectionAsCapped } from './cloneCollectionAsCapped.js'
import { collMod } from './collMod.js'
import { collStats } from './collStats.js'
import type { CommandDefinition } from './command.js'
import { commitTransaction } from './commitTransaction.js'
import { compact } from './compact.js'
import { connectionStatus } from './connectionStatus.js'
import { connPoolStats } from './connPoolStats.js'
import { convertToCapped } from './convertToCapped.js'
import { count } from './count.js'
import { create } from './create.js'
import { createIndexes } from './createIndexes.js'
import { createRole } from './createRole.js'
import { createUser } from './createUser.js'
import { currentOp } from './currentOp.js'
import { dataSize } from './dataSize.js'
import { dbHash } from './dbHash.js'
import { dbStats } from './dbStats.js'
import { deleteCommand } from './delete.js'
import { distinct } from './distinct.js'
import { drop } from './drop.js'
import { dropAllRolesFromDatabase } from './dropAllRolesFromDatabase.js'
import { dropAllUsersFromDatabase } from './dropAllUsersFromDatabase.js'
import { dropDatabase } from './dropDatabase.js'
import { dropIndexes } from './dropIndexes.js'
import { dropRole } from './dropRole.js'
import { dropUser } from './dropUser.js'
import { explain } from './explain.js'
import { find } from './find.js'
import { findAndModify } from './findAndModify.js'
import { fsync, fsyncUnlock } from './fsync.js'
import { getCmdLineOpts } from './getCmdLineOpts.js'
import { getLog } from './getLog.js'
import { getMore } from './getMore.js'
import { getParameter } from './getParameter.js'
import { grantPrivilegesToRole } from './grantPrivilegesToRole.js'
import { grantRolesToRole } from './grantRolesToRole.js'
import { grantRolesToUser } from './grantRolesToUser.js'
import { hello, isMaster } from './hello.js'
import { hostInfo } from './hostInfo.js'
import { insert } from './insert.js'
import { invalidateUserCache } from './invalidateUserCache.js'
import { killAllSessions } from './killAllSessions.js'
import { killAllSessionsByPattern } from './killAllSessionsByPattern.js'
import { killCursors } from './killCursors.js'
import { killOp } from './killOp.js'
import { listCollections } from './listCollections.js'
import { listCommandsAmong } from './listCommands.js'
import { listDatabases } from './listDatabases.js'
import { listIndexes } from './listIndexes.js'
import { lockInfo } from './lockInfo.js'
import { logout } from './logout.js'
import { logRotate } from './logRotate.js'
import { ping } from './ping.js'
import {
  planCacheClear,
  planCacheClearFilters,
  planCacheListFilters,
  planCacheSetFilter,
} from './plan-cache.js'
import { profile } from './profile.js'
import { reIndex } from './reIndex.js'
import { renameCollection } from './renameCollection.js'
import { replSetGetConfig } from './replSetGetConfig.js'
import { replSetGetStatus } from './replSetGetStatus.js'
import { revokePrivilegesFromRole } from './revokePrivilegesFromRole.js'
import { revokeRolesFromRole } from './revokeRolesFromRole.js'
import { revokeRolesFromUser } from './revokeRolesFromUser.js'
import { rolesInfo } from './rolesInfo.js'
import { saslContinue } from './saslContinue.js'
import { saslStart } from './saslStart.js'
import { createSearchIndexes, dropSearchIndex, updateSearchIndex } from './search-indexes.js'
import { serverStatus } from './serverStatus.js'
import { endSessions, killSessions, refreshSessions, startSession } from './sessions.js'
import { setParameter } from './setParameter.js'
import { top } from './top.js'
import { update } from './update.js'
import { updateRole } from './updateRole.js'
import { updateUser } from './updateUser.js'
import { usersInfo } from './usersInfo.js'
import { validate } from './validate.js'
import { whatsmyuri } from './whatsmyuri.js'
/** All commands, in order of their names. */
export const commands: readonly CommandDefinition[] = [
  _mergeAuthzCollections,
  abortTransaction,
  aggregate,
  buildInfo,
  bulkWrite,
  cloneCollectionAsCapped,
  collMod,
  collStats,
  commitTransaction,
  compact,
  connectionStatus,
  connPoolStats,
  convertToCapped,
  count,
  create,
  createIndexes,
  createRole,
  createSearchIndexes,
  createUser,
  currentOp,
  dataSize,
  dbHash,
  dbStats,
  deleteCommand,
  distinct,
  drop,
  dropAllRolesFromDatabase,
  dropAllUsersFromDatabase,
  dropDatabase,
  dropIndexes,
  dropRole,
  dropSearchIndex,
  dropUser,
  endSessions,
  explain,
  find,
  findAndModify,
  fsync,
  fsyncUnlock,
  getCmdLineOpts,
  getLog,
  getMore,
  getParameter,
  grantPrivilegesToRole,
  grantRolesToRole,
  grantRolesToUser,
  hello,
  hostInfo,
  insert,
  invalidateUserCache,
  isMaster,
  killAllSessions,
  killAllSessionsByPattern,
  killCursors,
  killOp,
  killSessions,
  listCollections,
  listCommandsAmong(() => commands),
  listDatabases,
  listIndexes,
  lockInfo,
  logout,
  logRotate,
  ping,
  planCacheClear,
  planCacheClearFilters,
  planCacheListFilters,
  planCacheSetFilter,
  profile,
  refreshSessions,
  reIndex,
  renameCollection,
  replSetGetConfig,
  replSetGetStatus,
  revokePrivilegesFromRole,
  revokeRolesFromRole,
  revokeRolesFromUser,
  rolesInfo,
  saslContinue,
  saslStart,
  serverStatus,
  setParameter,
  startSession,
  top,
  update,
  updateRole,
  updateSearchIndex,
  updateUser,
  usersInfo,
  validate,
  whatsmyuri,
]
