import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The file that is the command `gantry`. */
export const gantryCommand = fileURLToPath(
  new URL('../../../packages/cli/bin/gantry.js', import.meta.url),
)

/** What a command did. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `gantry` to its end, in an environment of its own: none of ours that it reads, and
 * a home that holds no profiles unless `env` names one.
 */
export function runGantry(
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [gantryCommand, ...args], { env: commandEnvironment(env) })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // A command that needs no input may have ended before it is written.
  child.stdin.on('error', () => {}).end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The variables of a command under test. */
export function commandEnvironment(env: Record<string, string> = {}) {
  return { PATH: process.env.PATH, XDG_CONFIG_HOME: '/nonexistent', TERM: 'xterm-256color', ...env }
}
