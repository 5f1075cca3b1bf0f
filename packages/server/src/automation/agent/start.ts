/** Starting, stopping and starting again. */
import { execFile } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { writePrivateFile } from '../../data-dir/private-file.js'
import { AppError } from '../../errors.js'
import { lastLines } from '../../services/process-log.js'
import type { RunFiles } from '../../services/process-run.js'
import {
  dbPathOf,
  type GoalProcess,
  type JsonObject,
  listenerOf,
  portOf,
  setNameOf,
} from '../goal.js'
import { makeFolder } from './folders.js'
import { authOf, isRun, processOf, setOf } from './goal-parts.js'
import { CONFIG_FILE } from './hold.js'
import { checkPaths } from './paths.js'
import { isDue } from './plan.js'
import type { Program } from './programs.js'
import { helloOf, uriOfOther, uriOfProcess, within } from './reach.js'
import { NotYet, rest, type Task } from './task.js'
import { configOf, keysIn, wantedOf } from './wanted.js'

const KEY_FILE = 'keyfile'
const CHECK_FILE = 'check.conf'
const READY_MS = 60_000
const PROBE_MS = 50
const CHECK_MS = 20_000

const run = promisify(execFile)

/** Rejects unless there is a program for the process. */
export async function findProgram({ ground, goal, process }: Task): Promise<void> {
  await ground.programs(goal, process)
}

/** Makes it run as it is wanted; one that runs otherwise is ended first. */
export async function start(task: Task): Promise<void> {
  const { goal, process, hold } = task
  const { settings, auth, version } = wantedOf(goal, process).started
  const { launched } = hold.record
  const isSame =
    launched?.settings === settings && launched.auth === auth && launched.version === version
  if (!hold.run || !isSame) await launch(task)
  await untilReady(task)
}

/** Ends it and starts it anew, one member of a set after the other. */
export async function restart(task: Task): Promise<void> {
  const { ground, project, goal, process } = task
  const set = setOf(goal, process)
  const name = set ? `${project} ${set._id}` : `${project} process ${process.name}`
  await ground.inTurn(name, async () => {
    task.signal.throwIfAborted()
    await requireOrder(task)
    await launch(task)
    await untilReady(task)
  })
}

/** A set loses one member at a time, and only while all others are in order. */
async function requireOrder({ goal, process, hold }: Task): Promise<void> {
  const { launched, done } = hold.record
  const others = (setOf(goal, process)?.members ?? []).filter(({ host }) => host !== process.name)
  // Members with and without authentication do not talk to each other: then all must go at once.
  const isTogether = launched?.auth !== wantedOf(goal, process).started.auth
  if (launched?.isEngine || done.set === undefined || isTogether) return
  for (const { host } of others) {
    const other = processOf(goal, host)
    if (!other || !isRun(other)) continue
    const isInOrder = await within(uriOfOther(goal, other), helloOf).then(
      (hello) =>
        ['isWritablePrimary', 'secondary', 'arbiterOnly'].some((is) => hello.get(is) === true),
      () => false,
    )
    if (!isInOrder) throw new NotYet(`the member ${host} is neither primary nor secondary`)
  }
}

/** Ends it; its files stay. */
export async function stop({ hold }: Task): Promise<void> {
  await hold.end()
}

interface LaunchOptions {
  /** Called between the end of the process and its start. */
  readonly between?: () => Promise<void>
  /** What the launch has done besides. */
  readonly done?: { readonly resync: string }
}

/**
 * Everything that can be found wrong is looked for before the process that runs is ended. What
 * was asked for once is noted with the launch, so that it is not done again after a crash.
 */
export async function launch(task: Task, { between, done }: LaunchOptions = {}): Promise<void> {
  const { ground, goal, process, hold } = task
  const program = await ground.programs(goal, process)
  const config = configOf(goal, process)
  await checkPaths(config, ground.forbidden)
  const files = filesOf(task, program, config)
  // While nothing runs, its own start says the same.
  if (program.isEngine && hold.run) await checkSettings(program, task, files[CONFIG_FILE])
  await hold.end()
  await between?.()
  await checkPort(process)
  await makeFolders(config)
  const { started, once } = wantedOf(goal, process)
  const dbPath = dbPathOf(process)
  const { isEngine } = program
  const isFirst = hold.record.launched === undefined
  const restarted = isDue(once.restart, undefined, ground.now()) && { restart: once.restart }
  await hold.launch(
    program,
    files,
    { ...started, isEngine, ...(dbPath !== undefined && { dbPath }) },
    {
      ...restarted,
      // There is nothing yet that could be asked for again.
      ...(isFirst && dueNow(once, ground.now())),
      ...done,
    },
  )
}

function dueNow(once: ReturnType<typeof wantedOf>['once'], now: number) {
  return Object.fromEntries(
    Object.entries(once).filter(([, asked]) => isDue(asked, undefined, now)),
  )
}

/** The configuration, and the key by which members know each other. */
function filesOf(
  { goal, process, hold }: Task,
  { isEngine }: Program,
  config: JsonObject,
): RunFiles {
  const keys = keysIn(goal)
  const isAlone = setNameOf(process) === undefined && process.processType === 'mongod'
  const keyed = authOf(goal) !== undefined && !isAlone && keys.length > 0
  const security = config.security as JsonObject | undefined
  const open = isEngine && security?.authorization === undefined && !authOf(goal)
  const complete = {
    ...config,
    ...((keyed || open || security) && {
      security: {
        ...security,
        ...(keyed && { keyFile: join(hold.folder, KEY_FILE) }),
        ...(open && { authorization: 'disabled' }),
      },
    }),
  }
  // Several keys stand in a file as a list of YAML.
  const key = keys.length > 1 ? keys.map((one) => `- ${JSON.stringify(one)}\n`).join('') : keys[0]
  return { [CONFIG_FILE]: JSON.stringify(complete), ...(keyed && { [KEY_FILE]: key }) }
}

/** The engine says all that it cannot do; rejects with `unsupported` then. */
async function checkSettings(program: Program, { hold }: Task, config: string): Promise<void> {
  await writePrivateFile(join(hold.folder, CHECK_FILE), config)
  const args = [...program.args, '--config', CHECK_FILE, '--check']
  try {
    await run(program.command, args, { cwd: hold.folder, timeout: CHECK_MS })
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    const said = stderr
      .trim()
      .replace(/^(?:gantry: )?(?:check\.conf: )?/, '')
      .split('\n')[0]
    throw new AppError(
      'unsupported',
      `the embedded engine cannot be started with args2_6: ${said || message}`,
    )
  }
}

async function makeFolders(config: JsonObject): Promise<void> {
  const { dbPath } = (config.storage ?? {}) as { readonly dbPath?: string }
  const { path } = (config.systemLog ?? {}) as { readonly path?: string }
  for (const folder of [dbPath, path && dirname(path)]) {
    if (folder) await makeFolder(folder)
  }
}

/** Whoever else answers there would be taken for the process. */
async function checkPort(process: GoalProcess): Promise<void> {
  const port = portOf(process)
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new AppError(
              'unavailable',
              `port ${port} of ${process.name} is taken by another process: end that, or give this one another args2_6.net.port`,
            )
          : new AppError(
              'unavailable',
              `${process.name} cannot listen at ${listenerOf(process)}:${port} (${error.code}): give it another args2_6.net.bindIp or port`,
            ),
      ),
    )
    server.listen(port, listenerOf(process), () => server.close(() => resolve()))
  })
}

/** Rejects with the end of its log when it ends before it serves. */
async function untilReady(task: Task): Promise<void> {
  const { hold, process, goal, ground } = task
  const uri = uriOfProcess(goal, process)
  while (!hold.ready) {
    const before = hold.run
    if (!before) throw await endedEarly(task)
    const serves = (await listens(process)) && (await answers(uri))
    if (serves && hold.run === before) hold.ready = true
    else if (ground.now() - hold.sinceMs > READY_MS) {
      throw new NotYet(`${process.name} runs and does not serve yet`)
    } else await rest(task, PROBE_MS)
  }
}

const answers = (uri: string) =>
  within(uri, helloOf).then(
    () => true,
    () => false,
  )

/** Asked first, as it takes the driver a while to find that nobody is there. */
function listens(process: GoalProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: listenerOf(process), port: portOf(process) })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

async function endedEarly({ hold, process }: Task): Promise<AppError> {
  const { path } = (process.args2_6.systemLog ?? {}) as { readonly path?: string }
  const printed = await hold.lines(LINES)
  const logged = path === undefined ? [] : await lastLines(path, LINES).catch(() => [])
  const said = [...logged, ...printed].slice(-LINES).join(' | ')
  return new AppError(
    'unavailable',
    `${process.name} has ended before it served${said === '' ? '' : `; the last it said: ${said}`}`,
  )
}

const LINES = 3
