/**
 * An agent's hold on one process: what it knows of it, and the process itself while it runs.
 * The process does not need the agent; it goes on when that lets go or dies, and is found again.
 */
import { lastLines } from '../../services/process-log.js'
import { openLauncher, type Run, type RunFiles } from '../../services/process-run.js'
import {
  type AgentRecord,
  type Launched,
  readAgentRecord,
  writeAgentRecord,
} from './agent-record.js'
import type { Done } from './known-process.js'
import type { Program } from './programs.js'

export interface Hold {
  /** The process's working directory, for it alone. */
  readonly folder: string
  readonly record: AgentRecord
  /** Undefined while the process does not run. */
  readonly run: Run | undefined
  /** Whether it has been seen to serve since it was launched or found. */
  ready: boolean
  /** When it was launched or found; 0: never. */
  readonly sinceMs: number
  save(change: Partial<AgentRecord>): Promise<void>
  /** Takes note of what has been done; see `Done`. */
  did(done: Done): Promise<void>
  /** Writes down what is launched, then launches it. */
  launch(program: Program, files: RunFiles, launched: Launched, done: Done): Promise<void>
  /** Ends the process and resolves when it is gone. */
  end(): Promise<void>
  /** The process goes on, and nobody here looks after it any more. */
  release(): void
  /** The last lines that the process wrote to its standard output and error. */
  lines(count: number): Promise<string[]>
}

/** All processes are taken over, whatever they were launched with: what to do then is planned. */
const SIGNATURE = 'automation'
const CONFIG_FILE = 'mongod.conf'
/** How long a server may take to write everything to disk. */
const STOP_MS = 60_000

/** Takes hold of the process of a folder; one that runs is found. `ended` is called when it ends by itself. */
export async function takeHold(
  folder: string,
  name: string,
  ended: (how: string) => void,
): Promise<Hold> {
  let record = await readAgentRecord(folder)
  let run: Run | undefined
  let sinceMs = 0
  const launcherFor = ({ command, args }: Pick<Program, 'command' | 'args'>) =>
    openLauncher(
      { name, command, args: [...args, '--config', CONFIG_FILE], folder, stopMs: STOP_MS },
      SIGNATURE,
    )
  // What is begun here by no command is only looked for.
  const launcher = await launcherFor({ command: '', args: [] })

  async function save(change: Partial<AgentRecord>): Promise<void> {
    record = { ...record, ...change }
    await writeAgentRecord(folder, record)
  }

  function watch(started: Run): void {
    run = started
    hold.ready = false
    sinceMs = Date.now()
    void started.ended.then((how) => {
      if (run !== started) return
      run = undefined
      ended(how)
    })
  }

  const hold: Hold = {
    folder,
    ready: false,
    get record() {
      return record
    },
    get run() {
      return run
    },
    get sinceMs() {
      return sinceMs
    },
    save,
    did: (done) => save({ done: { ...record.done, ...done } }),
    async launch(program, files, launched, done) {
      await save({ launched, done: { ...record.done, ...done } })
      watch(await (await launcherFor(program)).launch(files))
    },
    async end() {
      const ending = run
      if (!ending) return
      // Its end is no news now.
      run = undefined
      await launcher.end(ending)
      await launcher.forget()
    },
    release() {
      run?.release()
      run = undefined
    },
    lines: (count) => lastLines(launcher.logPath, count),
  }
  const found = await launcher.adopt()
  if (found) watch(found)
  return hold
}

export { CONFIG_FILE }
