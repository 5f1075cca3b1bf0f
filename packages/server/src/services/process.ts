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
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../errors.js'
import { lastLines, limitLog } from './process-log.js'
import {
  type Launcher,
  openLauncher,
  type Readiness,
  type Run,
  type RunFiles,
  type RunSpec,
} from './process-run.js'

export interface ProcessSpec extends RunSpec, Readiness {
  /** Files to be written to `folder` before the start. */
  readonly files?: RunFiles
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

/** Who has run for so long is started at once when it dies, like one that never died before. */
const STEADY_MS = 60_000
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
/** How often the size of a log is looked at. */
const LOG_WATCH_MS = 60_000

/**
 * Starts a process, or takes over the one that runs in the folder with the same command,
 * arguments and files; another one found there is ended first. Resolves when it is ready.
 * Rejects with `unavailable` when it cannot be started or does not get ready, and then
 * nothing is left running.
 */
export async function startProcess(spec: ProcessSpec): Promise<SupervisedProcess> {
  const { command, args, files = {} } = spec
  const content = JSON.stringify([command, args, Object.entries(files)])
  const signature = createHash('sha256').update(content).digest('hex')
  const launcher = await openLauncher(spec, signature)
  const left = await launcher.adopt()
  const first = left ?? (await launcher.launch(files))
  try {
    await launcher.untilReady(first, spec)
  } catch (error) {
    await launcher.end(first)
    await launcher.forget()
    throw error
  }
  return supervise(spec, launcher, first, left !== undefined)
}

/** Ends the process that a crashed Gantry left behind for a service that is no more. */
export { endLeftover } from './process-record.js'

function supervise(
  spec: ProcessSpec,
  launcher: Launcher,
  first: Run,
  adopted: boolean,
): SupervisedProcess {
  const { name, files = {}, warn = () => {} } = spec
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
    current = await launcher.launch(files)
    try {
      if (!isStopping()) await launcher.untilReady(current, spec)
    } catch (error) {
      await launcher.end(current)
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
      if (current) await launcher.end(current)
      // One that was being started meanwhile.
      await kept
      if (current) await launcher.end(current)
      await launcher.forget()
    },
  }
}
