/** What the two processes of an instance say of each other, as far as promotion turns on it. */
import { type Info, infoNumber, infoParts, infoText } from './info.js'

/** What must be seen in one look for the replica to count as holding everything. */
export interface ReplicationLook {
  /** What the primary says. */
  readonly primary: Info
  /** What the replica says. */
  readonly replica: Info
  readonly primaryPort: number
  readonly replicaPort: number
}

/** A replica that has not been heard of for longer is behind, whatever it had. */
const LONGEST_LAG_S = 5

const replication = 'replication'

/** Whether a process says that it follows the primary at this port. */
export function follows(info: Info, primaryPort: number): boolean {
  return (
    infoText(info, replication, 'role') === 'slave' &&
    infoNumber(info, replication, 'master_port') === primaryPort
  )
}

export function isPrimary(info: Info): boolean {
  return infoText(info, replication, 'role') === 'master'
}

/** How far the replica says it has come, as the primary knows it; undefined when it has no such replica online. */
export function acknowledged(primary: Info, replicaPort: number): number | undefined {
  for (const [field, text] of primary.get(replication) ?? []) {
    if (!/^slave\d+$/.test(field)) continue
    const parts = infoParts(text)
    const isOnline = parts.get('state') === 'online' && Number(parts.get('lag')) <= LONGEST_LAG_S
    if (isOnline && Number(parts.get('port')) === replicaPort) return Number(parts.get('offset'))
  }
  return undefined
}

/** Whether both ends agree that the replica gets every write as it is made. */
export function isLinked(look: ReplicationLook): boolean {
  const { primary, replica, primaryPort, replicaPort } = look
  return (
    follows(replica, primaryPort) &&
    infoText(replica, replication, 'master_link_status') === 'up' &&
    infoNumber(replica, replication, 'master_sync_in_progress') === 0 &&
    acknowledged(primary, replicaPort) !== undefined
  )
}

/**
 * Whether a replica has written a log of its own from the beginning. After it has taken over
 * a whole data set it has to, and could lose everything in a crash before it has.
 */
export function keepsOwnLog(replica: Info): boolean {
  const says = (field: string) => infoText(replica, 'persistence', field)
  return (
    says('loading') === '0' &&
    says('aof_enabled') === '1' &&
    says('aof_rewrite_in_progress') === '0' &&
    says('aof_rewrite_scheduled') === '0' &&
    says('aof_last_bgrewrite_status') === 'ok' &&
    says('aof_last_write_status') === 'ok'
  )
}

/** What is known of a primary that is gone. */
export interface Loss {
  /** Seconds since it was seen to be gone. */
  readonly sinceS: number
  /** How far the replica had come when it was last asked. */
  readonly acknowledged: number
}

/** Both clocks are read in whole seconds, and we look once a second. */
const CLOCK_S = 3

/**
 * Why a replica must not take over from a primary that is gone; undefined when it may, and
 * 'reading' while it still reads what the primary had sent.
 */
export function obstacle(replica: Info, loss: Loss): string | undefined {
  const number = (field: string) => infoNumber(replica, replication, field)
  if (isPrimary(replica)) return undefined
  if (number('master_sync_in_progress') !== 0) return 'it was taking over a whole data set'
  if (infoText(replica, 'persistence', 'loading') !== '0') return 'it loads its data'
  if (infoText(replica, replication, 'master_link_status') === 'up') return 'reading'
  if (number('master_link_down_since_seconds') > loss.sinceS + CLOCK_S) {
    return 'it had lost the primary before that ended'
  }
  // `slave_repl_offset` is what it has carried out, not only read.
  if (number('slave_repl_offset') < loss.acknowledged) return 'it is behind what it had confirmed'
  return undefined
}
