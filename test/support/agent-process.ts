import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { commandEnvironment, gantryCommand } from './gantry-command.js'
import type { Exit } from './gantry-process.js'

/** `gantry agent` in a process of its own. */
export interface AgentProcess {
  /** Resolves at the line that says the server has taken the key; rejects when it ends before. */
  readonly ready: Promise<string>
  readonly exit: Promise<Exit>
  readonly pid: number
  /** Everything said on stderr so far. */
  stderr(): string
  /** Resolves when something was said on stderr; rejects when the process ends without saying it. */
  says(what: RegExp): Promise<void>
  signal(name: NodeJS.Signals): void
}

/** Starts an agent with variables of its own. */
export function startAgent(args: readonly string[], env: Record<string, string>): AgentProcess {
  const child = spawn(process.execPath, [gantryCommand, 'agent', ...args], {
    env: commandEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const listeners = new Set<() => void>()
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (const listener of listeners) listener()
  })
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const ended = exit.then(({ code, signal }): never => {
    throw new Error(`gantry agent ended: status ${code ?? signal}\n${text}`)
  })
  ended.catch(() => {})
  const line = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve)
  })
  const ready = Promise.race([line, ended])
  ready.catch(() => {})
  return {
    ready,
    exit,
    pid: child.pid as number,
    stderr: () => text,
    says(what) {
      const said = new Promise<void>((resolve) => {
        const listener = () => {
          if (!what.test(text)) return
          listeners.delete(listener)
          resolve()
        }
        listeners.add(listener)
        listener()
      })
      return Promise.race([said, ended])
    },
    signal: (name) => void child.kill(name),
  }
}
