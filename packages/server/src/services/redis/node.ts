import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isThere, syncFolder } from '../../data-dir/private-file.js'
import { AppError } from '../../errors.js'
import { lastLines, limitLog } from '../process-log.js'
import { openLauncher, type Run } from '../process-run.js'
import { connectRedis, type RedisConnection, type Reply } from './connection.js'
import { type Info, parseInfo } from './info.js'
import {
  configArguments,
  configFiles,
  DATA_FOLDER,
  type NodeConfig,
  OWN_USER,
} from './node-config.js'
import type { NodeName } from './pair-record.js'
import type { RedisProgram } from './program.js'

export interface NodeOptions {
  readonly name: NodeName
  /** Of the instance: the node has one of its own below. */
  readonly folder: string
  readonly program: RedisProgram
}

/** One Redis process of an instance: begun, taken over, asked and ended, in whichever role. */
export interface RedisNode {
  readonly name: NodeName
  /** Where it keeps its data. */
  readonly data: string
  /** The port that it listens on, or did last; 0 before the first process. */
  readonly port: number
  /** The process; undefined while there is none. */
  readonly run: Run | undefined
  /** Takes over the process that a crashed Gantry left behind; says whether there was one. */
  adopt(config: NodeConfig): Promise<boolean>
  /** Begins a process, and resolves when it has loaded its data. Rejects with nothing left running. */
  start(config: NodeConfig): Promise<void>
  /** Resolves when the process that was taken over has loaded its data. */
  untilReady(): Promise<void>
  /** As `RedisConnection`, over a connection that is made when there is none. */
  command(args: readonly string[], timeoutMs?: number): Promise<Reply>
  info(sections?: readonly string[], timeoutMs?: number): Promise<Info>
  log(count: number): Promise<string[]>
  limitLog(): Promise<void>
  /** Ends the process at once; it is gone when this resolves, and whoever was connected is cut. */
  kill(): Promise<void>
  /** Ends the process in order, with everything on disk. */
  stop(): Promise<void>
  /** Puts its data where `dropAside` removes them, for it to begin with none. */
  putAside(): Promise<void>
  dropAside(): Promise<void>
  /** Makes what was put aside its data again. */
  backFromAside(): Promise<void>
  /** Has data laid beside its own, complete and on disk when this resolves. */
  layIncoming(lay: (folder: string) => Promise<void>): Promise<void>
  /** Puts its data aside for those that were laid beside them, if there are any; safe to repeat. */
  takeIncoming(): Promise<void>
  /** Calls back each time that a process of it ends. */
  onEnd(listener: () => void): void
}

/** Loading a large log of writes takes minutes. */
const READY_MS = 30 * 60_000
/** It waits for its replica to have everything. */
const SHUTDOWN_MS = 4_000
const STOP_MS = 2_000
const ASK_MS = 2_000
/** What a process must have been begun with to be taken over; changes with what `configFiles` cannot change later. */
const SIGNATURE = 'redis pair 1'

/** A node whose process is not yet looked for. */
export async function openNode({ name, folder: parent, program }: NodeOptions): Promise<RedisNode> {
  const folder = join(parent, name)
  const data = join(folder, DATA_FOLDER)
  const aside = join(folder, 'aside')
  const incoming = join(folder, 'incoming')
  const launcher = await openLauncher(
    {
      name: `${program.command} (${name})`,
      command: program.command,
      args: configArguments,
      folder,
      id: 'redis',
      stopMs: STOP_MS,
    },
    SIGNATURE,
  )
  const listeners: (() => void)[] = []
  let run: Run | undefined
  let login: NodeConfig | undefined
  let connecting: Promise<RedisConnection> | undefined

  function connection(): Promise<RedisConnection> {
    if (!login) throw new AppError('unavailable', `Redis process ${name} does not run`)
    const { port, ownPassword } = login
    const address = { host: '127.0.0.1', port }
    const made = connectRedis(address, { username: OWN_USER, password: ownPassword }, ASK_MS)
    connecting = made
    made.catch(() => {
      if (connecting === made) connecting = undefined
    })
    return made
  }

  async function command(args: readonly string[], timeoutMs?: number): Promise<Reply> {
    const open = await connecting
    const current = open?.isOpen() ? open : await connection()
    return current.command(args, timeoutMs)
  }

  const ready = async () => void (await command(['PING'], ASK_MS))
  const readiness = { ready, readyMs: READY_MS }

  function began(begun: Run, config: NodeConfig): void {
    disconnect()
    run = begun
    login = config
    void begun.ended.then(() => {
      if (run !== begun) return
      run = undefined
      disconnect()
      for (const listener of listeners) listener()
    })
  }

  function disconnect(): void {
    connecting?.then((open) => open.close()).catch(() => {})
    connecting = undefined
  }

  async function end(stopMs?: number): Promise<void> {
    const ending = run
    if (!ending) return
    await launcher.end(ending, stopMs)
    if (run === ending) run = undefined
    disconnect()
  }

  return {
    name,
    data,
    get port() {
      return login?.port ?? 0
    },
    get run() {
      return run
    },
    async adopt(config) {
      const left = await launcher.adopt()
      if (!left) return false
      began(left, config)
      return true
    },
    async start(config) {
      await mkdir(data, { recursive: true, mode: 0o700 })
      const begun = await launcher.launch(configFiles(config))
      began(begun, config)
      try {
        await launcher.untilReady(begun, readiness)
      } catch (error) {
        await end(0)
        throw error
      }
    },
    async untilReady() {
      if (run) await launcher.untilReady(run, readiness)
    },
    command,
    async info(sections = [], timeoutMs = ASK_MS) {
      return parseInfo(String(await command(['INFO', ...sections], timeoutMs)))
    },
    log: (count) => lastLines(launcher.logPath, count),
    limitLog: () => limitLog(launcher.logPath),
    kill: () => end(0),
    async stop() {
      if (!run) return launcher.forget()
      // Without a snapshot, which may take minutes: the log of writes has everything.
      await command(['SHUTDOWN', 'NOSAVE'], SHUTDOWN_MS).catch(() => {})
      await end()
      await launcher.forget()
    },
    async putAside() {
      await rm(aside, { recursive: true, force: true })
      await rename(data, aside).catch(ignoreMissing)
    },
    dropAside: () => rm(aside, { recursive: true, force: true }),
    async backFromAside() {
      await rm(data, { recursive: true, force: true })
      await rename(aside, data)
    },
    async layIncoming(lay) {
      await rm(incoming, { recursive: true, force: true })
      const unfinished = `${incoming}.tmp`
      await rm(unfinished, { recursive: true, force: true })
      await mkdir(unfinished, { recursive: true, mode: 0o700 })
      await lay(unfinished)
      await rename(unfinished, incoming)
      await syncFolder(folder)
    },
    async takeIncoming() {
      if (!(await isThere(incoming))) return
      await rm(aside, { recursive: true, force: true })
      await rename(data, aside).catch(ignoreMissing)
      await rename(incoming, data)
      await syncFolder(folder)
    },
    onEnd(listener) {
      listeners.push(listener)
    },
  }
}

/** What there is none of need not be moved. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
