/**
 * Processes of servers that we start and look after.
 *
 * - A process outlives a crash of Gantry, and the next start takes it over: nothing that it
 *   holds in memory is lost, and nobody starts a second one on the same data.
 * - It has a folder, which is its working directory. Settings go into files there that only
 *   their owner may read, never into arguments, which everybody can see.
 * - What it writes goes to a file, not to us, so that it does not depend on our reading.
 * - When it dies it is started again, sooner at first than after it has died often.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { writePrivateFile } from '../data-dir/private-file.js'
import { startOf } from '../data-dir/process-identity.js'
import { AppError } from '../errors.js'
import { lastLines, limitLog } from './process-log.js'
import {
  endProcess,
  findLeftover,
  isRunning,
  type ProcessIdentity,
  type RecordPlace,
  recordLaunch,
  recordProcess,
  recordStop,
  removeRecord,
} from './process-record.js'

export interface ProcessSpec {
  /** Names the process in messages: `redis-server of instance "cache"`. */
  readonly name: string
  /** Absolute, or a name to be found on the PATH. */
  readonly command: string
  /** May be seen by everybody on the machine. Relative paths are those of `folder`. */
  readonly args: readonly string[]
  /** The process's working directory, made when missing. It is for this service alone. */
  readonly folder: string
  /** Begins the names of the files kept about the process; tells several in a folder apart. Default: `process`. */
  readonly id?: string
  /** Files to be written to `folder` before the start, by name, readable by their owner only. */
  readonly files?: { readonly [name: string]: string }
  /** Resolves when the process serves; is asked again after it has rejected. */
  readonly ready: () => Promise<void>
  /** How long it may take until it is ready. Default: a minute. */
  readonly readyMs?: number
  /** How long it may take to end when asked to, before it is killed. Default: 5 seconds. */
  readonly stopMs?: number
  /** Told of ends that nobody asked for, and of starts that fail after one. */
  readonly warn?: (message: string) => void
}

/** A process that is kept running until `stop`. */
export interface SupervisedProcess {
  /** Undefined while it is down and to be started again. */
  readonly pid: number | undefined
  /** Whether it was already running, left behind by a Gantry that had crashed. */
  readonly adopted: boolean
  /** Rejects when the process is down, and otherwise as `ready` does. */
  health(): Promise<void>
  /** The last lines that it wrote to standard output and error, oldest first. */
  log(count: number): Promise<string[]>
  /** Ends the process and resolves when it is gone. */
  stop(): Promise<void>
}

/** One run of the command. */
interface Run {
  readonly identity: ProcessIdentity
  /** Resolves with how it ended, as words behind its name. */
  readonly ended: Promise<string>
}

const READY_MS = 60_000
const STOP_MS = 5_000
const PROBE_MS = [10, 20, 50, 100]
/** Who has run for so long is started at once when it dies, like one that never died before. */
const STEADY_MS = 60_000
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
/** How often one that is not our child is looked at, and the size of the log. */
const WATCH_MS = 500
const LOG_WATCH_MS = 60_000

/**
 * Starts a process, or takes over the one that runs in the folder with the same command,
 * arguments and files; another one found there is ended first. Resolves when it is ready.
 * Rejects with `unavailable` when it cannot be started or does not get ready, and then
 * nothing is left running.
 */
export async function startProcess(given: ProcessSpec): Promise<SupervisedProcess> {
  await mkdir(given.folder, { recursive: true, mode: 0o700 })
  const spec = { ...given, folder: await realpath(resolve(given.folder)) }
  const launcher = launcherOf(spec)
  const left = await findLeftover(launcher.place, launcher.signature, spec.stopMs ?? STOP_MS)
  const first = left ? adopt(left) : await launcher.launch()
  try {
    await untilReady(spec, first)
  } catch (error) {
    await endProcess(first.identity, spec.stopMs ?? STOP_MS)
    await removeRecord(launcher.place)
    throw error
  }
  return supervise(spec, launcher, first, left !== undefined)
}

/** Ends the process that a crashed Gantry left behind for a service that is no more. */
export { endLeftover } from './process-record.js'

type Launcher = ReturnType<typeof launcherOf>

function launcherOf(spec: ProcessSpec) {
  const { name, command, args, folder, id = 'process', files = {} } = spec
  const place: RecordPlace = { folder, id }
  const logPath = join(folder, `${id}.log`)
  const content = JSON.stringify([command, args, Object.entries(files)])
  const signature = createHash('sha256').update(content).digest('hex')

  async function launch(): Promise<Run> {
    for (const [file, text] of Object.entries(files)) {
      await writePrivateFile(join(folder, file), text)
    }
    await limitLog(logPath)
    await recordLaunch(place, signature)
    const child = spawnIn(folder, command, args, logPath)
    const ended = endOf(child)
    try {
      await once(child, 'spawn')
    } catch (cause) {
      await removeRecord(place)
      throw cannotRun(name, command, cause as NodeJS.ErrnoException)
    }
    const pid = child.pid as number
    const identity = { pid, started: startOf(pid) }
    await recordProcess(place, identity, signature)
    return { identity, ended }
  }

  return { place, logPath, signature, launch }
}

/** Detached: a Ctrl-C in our terminal is for us alone, who then end the process in order. */
function spawnIn(
  cwd: string,
  command: string,
  args: readonly string[],
  logPath: string,
): ChildProcess {
  const log = openSync(logPath, 'a', 0o600)
  try {
    return spawn(command, args, { cwd, detached: true, stdio: ['ignore', log, log] })
  } finally {
    closeSync(log)
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`failed: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with status ${code}`),
    )
  })
}

function cannotRun(name: string, command: string, cause: NodeJS.ErrnoException): AppError {
  const reason =
    cause.code === 'ENOENT' ? `there is no command ${command} on this machine` : cause.message
  return new AppError('unavailable', `${name} cannot be started: ${reason}`, {}, { cause })
}

/** Only its parent is told when a process ends. */
function adopt(identity: ProcessIdentity): Run {
  const ended = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(identity)) return
      clearInterval(timer)
      resolve('ended')
    }, WATCH_MS)
  })
  return { identity, ended }
}

async function untilReady(spec: ProcessSpec, { ended }: Run): Promise<void> {
  const { name, ready, readyMs = READY_MS } = spec
  const deadline = Date.now() + readyMs
  let how: string | undefined
  void ended.then((text) => {
    how = text
  })
  for (let attempt = 0; ; attempt++) {
    let reason: unknown
    try {
      await ready()
      if (how === undefined) return
    } catch (error) {
      reason = error
    }
    if (how !== undefined) {
      throw await failure(spec, `${name} ${how} before it was ready`, reason)
    }
    if (Date.now() >= deadline) {
      throw await failure(spec, `${name} is not ready after ${readyMs / 1000} s`, reason)
    }
    await Promise.race([ended, pause(PROBE_MS[attempt] ?? PROBE_MS.at(-1))])
  }
}

/** With the end of its log, which mostly says why. */
async function failure(spec: ProcessSpec, what: string, cause: unknown): Promise<AppError> {
  const lines = await lastLines(join(spec.folder, `${spec.id ?? 'process'}.log`), 3)
  const said = lines.length > 0 ? `; the last it said: ${lines.join(' | ')}` : ''
  return new AppError('unavailable', `${what}${said}`, {}, { cause })
}

function supervise(
  spec: ProcessSpec,
  launcher: Launcher,
  first: Run,
  adopted: boolean,
): SupervisedProcess {
  const { name, warn = () => {}, stopMs = STOP_MS } = spec
  const stopping = new AbortController()
  const stopped = once(stopping.signal, 'abort')
  const isStopping = () => stopping.signal.aborted
  let current: Run | undefined = first
  const logWatch = setInterval(() => {
    limitLog(launcher.logPath).catch(({ message }) => warn(`${launcher.logPath}: ${message}`))
  }, LOG_WATCH_MS)
  logWatch.unref()

  /** Starts it again; resolves when it is ready. Whoever stops meanwhile ends `current`. */
  async function again(): Promise<void> {
    current = await launcher.launch()
    try {
      if (!isStopping()) await untilReady(spec, current)
    } catch (error) {
      await endProcess(current.identity, stopMs)
      throw error
    }
  }

  async function keep(): Promise<void> {
    let delay = FIRST_DELAY_MS
    while (!isStopping()) {
      const begun = Date.now()
      if (current) {
        const how = await Promise.race([current.ended, stopped])
        if (isStopping()) return
        warn(`${name} ${how}; it is started again`)
        if (Date.now() - begun >= STEADY_MS) delay = FIRST_DELAY_MS
      }
      current = undefined
      await pause(delay, undefined, { signal: stopping.signal }).catch(() => {})
      if (isStopping()) return
      delay = Math.min(2 * delay, LONGEST_DELAY_MS)
      await again().catch((error: Error) => {
        current = undefined
        if (!isStopping()) warn(`${error.message}; tried again in ${delay} ms`)
      })
    }
  }
  const kept = keep()

  return {
    get pid() {
      return current?.identity.pid
    },
    adopted,
    async health() {
      if (!current) throw new AppError('unavailable', `${name} is down and being started again`)
      await spec.ready()
    },
    log: (count) => lastLines(launcher.logPath, count),
    async stop() {
      clearInterval(logWatch)
      stopping.abort()
      await end()
      // One that was being started meanwhile.
      await kept
      await end()
      await removeRecord(launcher.place)
    },
  }

  async function end(): Promise<void> {
    if (!current || !isRunning(current.identity)) return
    await recordStop(launcher.place, current.identity, launcher.signature)
    await endProcess(current.identity, stopMs)
  }
}
