import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** An engine in a process of its own that can be killed and started again, on the same data and port. */
export interface EngineProcess {
  readonly port: number
  /** A connection string for `root`, with options behind it, to this port or another that leads to it. */
  uri(options?: string, port?: number): string
  /** kill -9: nothing that the process does can come after it. */
  kill(): Promise<void>
  /** Starts again after `kill`; resolves when drivers can connect. */
  start(): Promise<void>
  /** Ends the process and removes the data. */
  remove(): Promise<void>
}

const main = fileURLToPath(new URL('./engine-main.js', import.meta.url))

export async function startEngineProcess(): Promise<EngineProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-engine-process-'))
  let port = 0
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const started = spawn(process.execPath, [main, folder, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child = started
    port = await new Promise<number>((resolve, reject) => {
      started.once('exit', (code) => reject(new Error(`the engine has ended with ${code}`)))
      if (started.stdout)
        createInterface(started.stdout).once('line', (line) => resolve(Number(line)))
    })
  }

  async function kill(): Promise<void> {
    const killed = child
    child = undefined
    if (!killed || killed.exitCode !== null) return
    const exit = once(killed, 'exit')
    killed.kill('SIGKILL')
    await exit
  }

  await start()
  return {
    get port() {
      return port
    },
    uri: (options = '', to = port) =>
      `mongodb://root:a%20password@127.0.0.1:${to}/?directConnection=true${options}`,
    kill,
    start,
    async remove() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
