import { spawn, spawnSync } from 'node:child_process'
import { commandEnvironment, gantryCommand } from './gantry-command.js'

/** Whether there is what a terminal is made with here. */
export const hasPty = spawnSync('python3', ['-c', 'import pty, fcntl, termios']).status === 0

/** The other end of a terminal in which a command runs. */
export interface Terminal {
  /** Everything that was written to the screen so far. */
  output(): string
  /** Resolves when what was written since the last call matches; rejects when the command ends. */
  shows(pattern: RegExp): Promise<void>
  type(keys: string): void
  resize(rows: number, columns: number): void
  signal(name: NodeJS.Signals): void
  /** The exit status of the command, minus the number of the signal that ended it. */
  readonly exit: Promise<number>
}

/** Hands on what the command writes, and does what lines of JSON on its standard input say. */
const HOST = `
import fcntl, json, os, pty, select, signal, struct, sys, termios
def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
pid, fd = pty.fork()
if pid == 0:
    resize(0, 24, 100)
    os.execvp(sys.argv[1], sys.argv[1:])
inputs, rest = [fd, 0], b''
while fd in inputs:
    for ready in select.select(inputs, [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:
            data = b''
        if not data:
            inputs.remove(ready)
            if ready == 0: os.kill(pid, signal.SIGKILL)
        elif ready == fd:
            os.write(1, data)
        else:
            *lines, rest = (rest + data).split(b'\\n')
            for order in map(json.loads, lines):
                if 'keys' in order: os.write(fd, order['keys'].encode())
                if 'size' in order: resize(fd, *order['size'])
                if 'signal' in order: os.kill(pid, getattr(signal, order['signal']))
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`

/** Runs `gantry` in a terminal of 100 columns and 24 rows. */
export function runInTerminal(args: readonly string[], env: Record<string, string> = {}): Terminal {
  const host = spawn('python3', ['-c', HOST, process.execPath, gantryCommand, ...args], {
    env: commandEnvironment(env),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  let seen = 0
  const changed = new Set<() => void>()
  host.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (const check of changed) check()
  })
  host.stdin.on('error', () => {})
  const exit = new Promise<number>((resolve, reject) => {
    host.once('error', reject)
    host.once('close', (code) => resolve(code ?? -1))
  })
  const order = (what: object) => void host.stdin.write(`${JSON.stringify(what)}\n`)
  return {
    output: () => text,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(text.slice(seen))
          if (!match) return
          seen += match.index + match[0].length
          changed.delete(check)
          resolve()
        }
        changed.add(check)
        check()
        exit.then(
          (code) => reject(new Error(`it ended with ${code} without ${pattern}:\n${text}`)),
          reject,
        )
      }),
    type: (keys) => order({ keys }),
    resize: (rows, columns) => order({ size: [rows, columns] }),
    signal: (name) => order({ signal: name }),
    exit,
  }
}
