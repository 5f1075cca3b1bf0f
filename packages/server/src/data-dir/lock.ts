import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.js'
import { readFileIfThere } from './private-file.js'
import { isAlive, startOf } from './process-identity.js'

/** Keeps the data directory to this process until `release`. */
export interface DataDirLock {
  release(): Promise<void>
}

const PREFIX = 'gantry.lock.'
const FREE = 'free'

/**
 * Claims a data directory, which is made when missing. Rejects with `unavailable` while
 * another live process has it; what a dead one left behind is taken over.
 *
 * Locks are numbered and the newest counts: taking over is making the next one, which only
 * one process can, where removing an old one could hit a lock that has just been made.
 */
export async function lockDataDir(folder: string): Promise<DataDirLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid) })
  while (true) {
    const newest = Math.max(0, ...(await lockNumbers(folder)))
    await refuseIfLive(folder, newest)
    const path = pathOf(folder, newest + 1)
    if (!(await create(path, own))) continue
    const others = (await lockNumbers(folder)).filter((number) => number !== newest + 1)
    if (Math.max(0, ...others) > newest) {
      await rm(path)
      continue
    }
    for (const number of others) await rm(pathOf(folder, number), { force: true })
    return { release: () => replace(path, FREE) }
  }
}

function pathOf(folder: string, number: number): string {
  return join(folder, PREFIX + number)
}

async function lockNumbers(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .filter((name) => name.startsWith(PREFIX) && /^\d+$/.test(name.slice(PREFIX.length)))
    .map((name) => Number(name.slice(PREFIX.length)))
}

async function refuseIfLive(folder: string, number: number): Promise<void> {
  const pid = liveOwner((await readFileIfThere(pathOf(folder, number))) ?? FREE)
  if (pid === undefined) return
  const message = `data-dir: ${folder} is in use by process ${pid}; one server per data directory`
  throw new AppError('unavailable', message)
}

/** Says whether the lock was made. Its content is there from the first moment. */
async function create(path: string, content: string): Promise<boolean> {
  const aside = await writeAside(path, content)
  try {
    await link(aside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(aside)
  }
}

async function replace(path: string, content: string): Promise<void> {
  await rename(await writeAside(path, content), path)
}

async function writeAside(path: string, content: string): Promise<string> {
  const aside = `${path}.${randomUUID()}`
  await writeFile(aside, content, { mode: 0o600, flag: 'wx' })
  return aside
}

/** The process that wrote a lock, if it still runs. */
function liveOwner(content: string): number | undefined {
  let owner: { pid?: unknown; started?: unknown }
  try {
    owner = JSON.parse(content)
  } catch {
    return undefined
  }
  const { pid, started } = owner
  if (typeof pid !== 'number' || !isAlive(pid)) return undefined
  // A number is given again after a restart, of a container in particular: the time tells.
  const now = startOf(pid)
  return now === undefined || now === started ? pid : undefined
}
