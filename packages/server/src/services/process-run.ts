/**
 * Single runs of a server's command: how one is begun, found again after a crash of Gantry,
 * waited for and ended. What follows upon its end is for others to say.
 */
import { type ChildProcess, spawn } from 'node:child_process'
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

export interface RunSpec {
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
  /** How long it may take to end when asked to, before it is killed. Default: 5 seconds. */
  readonly stopMs?: number
}

/** Contents of files in the process's folder, by name, readable by their owner only. */
export type RunFiles = { readonly [name: string]: string }

/** When a run is ready. */
export interface Readiness {
  /** Resolves when the process serves; is asked again after it has rejected. */
  readonly ready: () => Promise<void>
  /** How long it may take until it is ready. Default: a minute. */
  readonly readyMs?: number
}

/** One run of the command. */
export interface Run {
  readonly identity: ProcessIdentity
  /** Resolves with how it ended, as words behind its name; never after `release`. */
  readonly ended: Promise<string>
  /** Leaves it running for itself: nobody here waits for its end any more. */
  release(): void
}

export interface Launcher {
  /** Holds what the process writes to standard output and error. */
  readonly logPath: string
  /** The run that a crashed Gantry left behind, if it was begun with the same signature; any other is ended. */
  adopt(): Promise<Run | undefined>
  /** Writes the files and begins a run; rejects with `unavailable` when the command cannot be run. */
  launch(files: RunFiles): Promise<Run>
  /** Rejects with `unavailable` when the run ends before it is ready, or takes too long. */
  untilReady(run: Run, readiness: Readiness): Promise<void>
  /** Ends a run, one that has ended too, and resolves when it is gone. It is never taken over. */
  end(run: Run, stopMs?: number): Promise<void>
  /** Removes what is kept about the run that has ended. */
  forget(): Promise<void>
}

const READY_MS = 60_000
const STOP_MS = 5_000
const PROBE_MS = [10, 20, 50, 100]
/** How often a run that is not our child is looked at. */
const WATCH_MS = 500

/**
 * What begins runs in a folder, one at a time. The signature stands for what a run must have
 * been begun with to be taken over.
 */
export async function openLauncher(spec: RunSpec, signature: string): Promise<Launcher> {
  const { name, command, args, id = 'process', stopMs = STOP_MS } = spec
  await mkdir(spec.folder, { recursive: true, mode: 0o700 })
  const folder = await realpath(resolve(spec.folder))
  const place: RecordPlace = { folder, id }
  const logPath = join(folder, `${id}.log`)

  /** With the end of its log, which mostly says why. */
  async function failure(what: string, cause: unknown): Promise<AppError> {
    const lines = await lastLines(logPath, 3)
    const said = lines.length > 0 ? `; the last it said: ${lines.join(' | ')}` : ''
    return new AppError('unavailable', `${what}${said}`, {}, { cause })
  }

  return {
    logPath,
    async adopt() {
      const left = await findLeftover(place, signature, stopMs)
      return left && { identity: left, ...watchAdopted(left) }
    },
    async launch(files) {
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
      return { identity, ended, release: () => child.unref() }
    },
    async untilReady({ ended }, { ready, readyMs = READY_MS }) {
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
        if (how !== undefined) throw await failure(`${name} ${how} before it was ready`, reason)
        if (Date.now() >= deadline) {
          throw await failure(`${name} is not ready after ${readyMs / 1000} s`, reason)
        }
        await Promise.race([ended, pause(PROBE_MS[attempt] ?? PROBE_MS.at(-1))])
      }
    },
    async end({ identity }, withinMs = stopMs) {
      if (!isRunning(identity)) return
      await recordStop(place, identity, signature)
      await endProcess(identity, withinMs)
    },
    forget: () => removeRecord(place),
  }
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

/** Only its parent is told when a process ends. */
function watchAdopted(identity: ProcessIdentity): Pick<Run, 'ended' | 'release'> {
  let timer: NodeJS.Timeout | undefined
  const release = () => clearInterval(timer)
  const ended = new Promise<string>((resolve) => {
    timer = setInterval(() => {
      if (isRunning(identity)) return
      release()
      resolve('ended')
    }, WATCH_MS)
  })
  return { ended, release }
}

function cannotRun(name: string, command: string, cause: NodeJS.ErrnoException): AppError {
  const reason =
    cause.code === 'ENOENT' ? `there is no command ${command} on this machine` : cause.message
  return new AppError('unavailable', `${name} cannot be started: ${reason}`, {}, { cause })
}
