/**
 * What a folder knows of the process that runs for it, so that the next start of Gantry
 * finds one that was left behind: its number and start time, and what it was started with.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readFileIfThere, writePrivateFile } from '../data-dir/private-file.js'
import { isAlive, startOf } from '../data-dir/process-identity.js'
import { AppError } from '../errors.js'

/** A process, told apart from a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number
  readonly started: string | undefined
}

interface ProcessRecord extends Partial<ProcessIdentity> {
  /** Stands for command, arguments and files; a process of another one is not taken over. */
  readonly signature: string
  /** Set when it was told to end. */
  readonly stopping?: boolean
}

/** Where it stands. */
export interface RecordPlace {
  /** The folder that the process works in. */
  readonly folder: string
  /** Tells the processes of a folder apart. */
  readonly id: string
}

const recordPath = ({ folder, id }: RecordPlace) => join(folder, `${id}.pid.json`)

/** Written before the process is made, so that one made just before a crash is looked for. */
export function recordLaunch(place: RecordPlace, signature: string): Promise<void> {
  return write(place, { signature })
}

export function recordProcess(
  place: RecordPlace,
  identity: ProcessIdentity,
  signature: string,
): Promise<void> {
  return write(place, { ...identity, signature })
}

/** From now on the process is not to be taken over. */
export function recordStop(
  place: RecordPlace,
  identity: ProcessIdentity,
  signature: string,
): Promise<void> {
  return write(place, { ...identity, signature, stopping: true })
}

export function removeRecord(place: RecordPlace): Promise<void> {
  return rm(recordPath(place), { force: true })
}

function write(place: RecordPlace, record: ProcessRecord): Promise<void> {
  return writePrivateFile(recordPath(place), JSON.stringify(record))
}

/** Whether this very process still runs. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return isAlive(pid) && startOf(pid) === started
}

/**
 * The process that an earlier Gantry left behind and that runs as it is wanted now. One that
 * was started with anything else, or that was told to end, is ended before this resolves.
 */
export async function findLeftover(
  place: RecordPlace,
  signature: string,
  stopMs: number,
): Promise<ProcessIdentity | undefined> {
  const record = await read(place)
  if (!record) return undefined
  const left = identityIn(record) ?? findUnrecorded(place.folder)
  if (!left || !isRunning(left)) return undefined
  const isWanted = record.signature === signature && !record.stopping && record.pid !== undefined
  if (isWanted) return left
  await endProcess(left, stopMs)
  return undefined
}

/** Ends what an earlier Gantry left behind in a folder, whatever it was started with. */
export async function endLeftover(place: RecordPlace, stopMs: number): Promise<void> {
  await findLeftover(place, '', stopMs)
  await removeRecord(place)
}

/** Asks a process to end, and ends it when it has not after `stopMs`. Resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity, stopMs: number): Promise<void> {
  signal(identity, 'SIGTERM')
  if (await hasEnded(identity, stopMs)) return
  signal(identity, 'SIGKILL')
  if (await hasEnded(identity, KILL_MS)) return
  throw new AppError('unavailable', `process ${identity.pid} does not end; end it by hand`)
}

const KILL_MS = 10_000
const POLL_MS = 20

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    if (isRunning(identity)) process.kill(identity.pid, name)
  } catch (error) {
    // It has ended between the two, which is what is wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Looks again and again, as the system tells of its end only the parent of a process. */
async function hasEnded(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (isRunning(identity)) {
    if (Date.now() >= deadline) return false
    await pause(POLL_MS)
  }
  return true
}

async function read(place: RecordPlace): Promise<ProcessRecord | undefined> {
  const text = await readFileIfThere(recordPath(place))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as ProcessRecord
  } catch {
    return undefined
  }
}

function identityIn({ pid, started }: ProcessRecord): ProcessIdentity | undefined {
  return pid === undefined ? undefined : { pid, started }
}

const SESSION = 3
const TERMINAL = 4

/**
 * A process that was made and not yet recorded: one that works in the folder, leads a session
 * and has no terminal, as ours do and those of people who look around there do not.
 */
function findUnrecorded(folder: string): ProcessIdentity | undefined {
  for (const name of entriesOf('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const cwd = readlinkSync(`/proc/${name}/cwd`)
      if (cwd !== folder && !cwd.startsWith(`${folder}/`)) continue
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const pid = Number(name)
      if (fields[SESSION] !== name || fields[TERMINAL] !== '0') continue
      return { pid, started: startOf(pid) }
    } catch {
      // Somebody else's, or gone.
    }
  }
  return undefined
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
