import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../../packages/cli/bin/gantry.js', import.meta.url))

/** `gantry serve` in a process of its own, with everything that it has said on stderr. */
export interface GantryProcess {
  readonly url: string
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  signal(name: NodeJS.Signals): void
}

/** Resolves at the ready line; rejects with status and stderr when the process ends before it. */
export async function startGantry(args: readonly string[]): Promise<GantryProcess> {
  const child = spawn(process.execPath, [command, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exit: GantryProcess['exit'] = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^gantry ready.*?(https?:\/\/\S+)/.exec(line)?.[1]
      if (url) resolve(url)
    })
  })
  const ended = exit.then(({ code, signal }) => {
    throw new Error(`gantry ended before it was ready: status ${code ?? signal}\n${stderr}`)
  })
  const url = await Promise.race([ready, ended])
  ended.catch(() => {})
  return { url, exit, signal: (name) => void child.kill(name) }
}
