/**
 * The private files of a Redis process: its configuration and who may do what. They stand in
 * its folder for their owner alone; nothing of them is in its arguments.
 */
import { createHash } from 'node:crypto'

export interface NodeConfig {
  readonly port: number
  /** Megabytes of data that it may hold. */
  readonly maxMemoryMb: number
  /** Our own user, who may do everything: we, and the replica, sign in as this. */
  readonly ownPassword: string
  /** The port of the primary that it begins as a replica of; undefined: it begins as primary. */
  readonly replicaOf: number | undefined
  /** Of the user `default`, whom clients are that name none. */
  readonly password: string
  /** A second user of the same password and rights. */
  readonly user: string
}

/** Our own user at each process. */
export const OWN_USER = 'gantry'

/** Where a process keeps its data, below its folder. */
export const DATA_FOLDER = 'data'
export const RDB_FILE = 'dump.rdb'
/** The log of writes: a folder of files in Redis 7 and Valkey, one file of this name before. */
export const AOF_NAME = 'appendonly.aof'
export const AOF_FOLDER = 'appendonlydir'

const CONFIG_FILE = 'redis.conf'
const USERS_FILE = 'users.acl'

/** Arguments and files to run a process with, whose working directory is its folder. */
export const configArguments: readonly string[] = [CONFIG_FILE]

export function configFiles(config: NodeConfig): { readonly [name: string]: string } {
  return { [CONFIG_FILE]: configText(config), [USERS_FILE]: usersText(config) }
}

/**
 * - Every write is in the log of writes, which the system has before the client has its
 *   answer, and the disk within about a second (`everysec`).
 * - A snapshot an hour stands beside it, should the log ever be damaged.
 * - A failed snapshot does not stop writes, as they are in the log; a failed log does.
 * - A new replica is served at once, from memory.
 */
function configText({ port, maxMemoryMb, ownPassword, replicaOf }: NodeConfig): string {
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    'daemonize no',
    'supervised no',
    'logfile ""',
    `dir ${DATA_FOLDER}`,
    // Read when it has gone to its data folder.
    `aclfile ../${USERS_FILE}`,
    'databases 16',
    'maxclients 10000',
    'tcp-keepalive 60',
    `maxmemory ${maxMemoryMb}mb`,
    'maxmemory-policy volatile-lru',
    'appendonly yes',
    'appendfsync everysec',
    `appendfilename "${AOF_NAME}"`,
    `dbfilename ${RDB_FILE}`,
    'save 3600 1',
    'stop-writes-on-bgsave-error no',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    'repl-backlog-size 16mb',
    `masteruser ${OWN_USER}`,
    `masterauth ${ownPassword}`,
    'slowlog-max-len 1024',
  ]
  if (replicaOf !== undefined) lines.push(`replicaof 127.0.0.1 ${replicaOf}`)
  return `${lines.join('\n')}\n`
}

/**
 * What a client may do beside using data: look, and look after its own connections. Everything
 * else that administers is ours, as it could end the process, pause it, give it another
 * primary, tell our password or have it write files anywhere.
 */
const CLIENT_RULES = [
  '~*',
  '&*',
  '+@all',
  '-@admin',
  ...['role', 'lastsave', 'monitor', 'slowlog', 'latency'].map((name) => `+${name}`),
  ...['whoami', 'cat', 'genpass'].map((name) => `+acl|${name}`),
  ...[
    'caching',
    'getname',
    'getredir',
    'id',
    'info',
    'kill',
    'list',
    'no-evict',
    'reply',
    'setname',
    'tracking',
    'trackinginfo',
    'unblock',
  ].map((name) => `+client|${name}`),
].join(' ')

function usersText({ ownPassword, password, user }: NodeConfig): string {
  const clients = [...new Set(['default', user])].filter((name) => name !== OWN_USER)
  const lines = [
    `user ${OWN_USER} on #${sha256(ownPassword)} ~* &* +@all`,
    ...clients.map((name) => `user ${name} on #${sha256(password)} ${CLIENT_RULES}`),
  ]
  return `${lines.join('\n')}\n`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
