import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { AppError } from '../../errors.js'

/** MongoDB's server programs, as they are on this machine. */
export interface MongodbPrograms {
  /** Paths, or names that the PATH has; undefined: `mongod` and `mongos` of the PATH. */
  readonly mongod?: string | undefined
  readonly mongos?: string | undefined
}

/** A program that serves a MongoDB. */
export interface MongodbProgram {
  readonly command: string
  /** As it says it. */
  readonly version: string
  /** It is the embedded engine as a process, which is a replica set of one member and nothing else. */
  readonly isEngine: boolean
}

const run = promisify(execFile)

/**
 * Asks a program for its version. Rejects with `unavailable`, and how to get one, when it is
 * not there or is something else.
 */
export async function findMongodbProgram(
  name: 'mongod' | 'mongos',
  { [name]: named }: MongodbPrograms,
): Promise<MongodbProgram> {
  const command = named ?? name
  let text: string
  try {
    text = (await run(command, ['--version'], { timeout: 20_000 })).stdout
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? missing(name, named) : `${command} cannot be run: ${message}`
    throw new AppError('unavailable', `${reason}; ${howToGet(name)}`)
  }
  const version = /^(?:db|mongos) version v(\d\S*)/m.exec(text)?.[1]
  if (version === undefined) {
    const said = text.trim().slice(0, 100)
    throw new AppError(
      'unavailable',
      `${command} is no ${name}: it says "${said}"; ${howToGet(name)}`,
    )
  }
  return { command, version, isEngine: /\(Gantry\)/.test(text) }
}

function missing(name: string, named: string | undefined): string {
  return named === undefined
    ? `there is no ${name} on this machine's PATH`
    : `${named}, named as ${name}, is not there`
}

function howToGet(name: string): string {
  return `install MongoDB Community Server (https://www.mongodb.com/try/download/community) and name its program with --${name}, or take an embedded instance`
}
