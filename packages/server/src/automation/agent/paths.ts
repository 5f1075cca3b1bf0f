import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { AppError } from '../../errors.js'
import type { Json, JsonObject } from '../goal.js'

/** A folder that processes of automation must keep out of, but for one folder in it. */
export interface Forbidden {
  readonly folder: string
  readonly except: string
}

/** What the server itself writes to. */
const WRITTEN = [
  'storage.dbPath',
  'systemLog.path',
  'auditLog.path',
  'processManagement.pidFilePath',
]

/** Rejects with `invalid` for a configuration with paths that are not for it. */
export async function checkPaths(
  config: JsonObject,
  forbidden: Forbidden | undefined,
): Promise<void> {
  for (const [name, path] of textsIn(config)) {
    if (WRITTEN.includes(name) && !isAbsolute(path)) {
      throw new AppError('invalid', `${name} must be an absolute path, and is ${path}`)
    }
    if (!forbidden || !isAbsolute(path)) continue
    const real = await whereIs(path)
    // What is around it is emptied for a resync, and it with that.
    const isAround = name === 'storage.dbPath' && isBelow(await whereIs(forbidden.folder), real)
    if (isAround)
      throw new AppError(
        'invalid',
        `${name} is ${path}, which holds the folder of the server's own data: take another`,
      )
    if (!isBelow(real, await whereIs(forbidden.folder))) continue
    if (isBelow(real, await whereIs(forbidden.except))) continue
    throw new AppError(
      'invalid',
      `${name} is ${path}, in the folder of the server's own data; take another, or one below ${forbidden.except}`,
    )
  }
}

function textsIn(value: JsonObject, prefix = ''): [name: string, text: string][] {
  return Object.entries(value).flatMap(([name, inner]: [string, Json]): [string, string][] => {
    if (typeof inner === 'string') return [[prefix + name, inner]]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return []
    return textsIn(inner as JsonObject, `${prefix}${name}.`)
  })
}

/** Where a path leads, as far as it is there. */
async function whereIs(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await whereIs(parent), basename(path))
  }
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way))
}
