import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { AppError } from '../../errors.js'

/** A server program that speaks Redis, as it is installed on this machine. */
export interface RedisProgram {
  /** A path, or a name that the PATH has. */
  readonly command: string
  /** What it calls itself. */
  readonly family: 'Redis' | 'Valkey'
  readonly version: string
}

const run = promisify(execFile)

/** Tried in this order when the user has named none. */
const NAMES = ['redis-server', 'valkey-server']

/** The first with all that our configuration and access rules use. */
const OLDEST = { text: '6.2', major: 6, minor: 2 }

const HOW_TO_GET_ONE =
  'install the package redis-server or valkey (Debian, Ubuntu: apt-get install redis-server), or name the program with --redis-server'

/**
 * Asks the program that the user has named, or else those of the usual names, for its version.
 * Rejects with `unavailable` when there is none, or one that is too old.
 */
export async function findRedisProgram(named: string | undefined): Promise<RedisProgram> {
  for (const command of named === undefined ? NAMES : [named]) {
    const text = await versionText(command)
    if (text !== undefined) return programOf(command, text)
  }
  const missing =
    named === undefined
      ? 'neither redis-server nor valkey-server is on the PATH'
      : `${named} is not there or cannot be run`
  throw new AppError(
    'unavailable',
    `Redis is missing on this machine: ${missing}; ${HOW_TO_GET_ONE}`,
  )
}

async function versionText(command: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], { timeout: 10_000 })
    return stdout
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return undefined
    throw new AppError('unavailable', `${command} cannot be run: ${(error as Error).message}`)
  }
}

function programOf(command: string, text: string): RedisProgram {
  const found = /^(Redis|Valkey) server v=((\d+)\.(\d+)\.\S+)/.exec(text)
  if (!found) {
    const said = text.trim().slice(0, 100)
    throw new AppError('unavailable', `${command} is no Redis server: it says "${said}"`)
  }
  const [, family, version, major, minor] = found
  const isOld =
    Number(major) < OLDEST.major || (Number(major) === OLDEST.major && Number(minor) < OLDEST.minor)
  if (isOld) {
    const message = `${command} is version ${version}; ${OLDEST.text} or newer is needed: ${HOW_TO_GET_ONE}`
    throw new AppError('unavailable', message)
  }
  return { command, family: family as RedisProgram['family'], version }
}
