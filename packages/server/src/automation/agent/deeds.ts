import { addShards } from './cluster.js'
import { buildIndexes, compact, setCompatibility } from './databases.js'
import type { Move } from './plan.js'
import { awaitInitiated, awaitMembers, initiate } from './replica-set.js'
import { resync } from './resync.js'
import { findProgram, restart, start, stop } from './start.js'
import type { Task } from './task.js'
import { awaitAuth, updateAuth } from './users.js'

/** What makes each move. It may be made again after a crash in the middle of it, and then comes to the same. */
export const deeds: { readonly [M in Move]: (task: Task) => Promise<void> } = {
  Download: findProgram,
  Start: start,
  Stop: stop,
  Restart: restart,
  ChangeVersion: restart,
  Resync: resync,
  WaitAllRsMembersUp: awaitMembers,
  RsInit: initiate,
  WaitRsInit: awaitInitiated,
  WaitFeatureCompatibilityVersionCorrect: setCompatibility,
  UpdateAuth: updateAuth,
  WaitAuthUpdate: awaitAuth,
  AddShards: addShards,
  BuildIndexes: buildIndexes,
  Compact: compact,
}
