import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandFailure } from './command.js'
import { readSecret } from './target.js'

/** From a file (`-`: standard input), else asked for at the terminal, else standard input. */
export async function readPassword(file: string | undefined, question: string): Promise<string> {
  if (file !== undefined || !process.stdin.isTTY) return readSecret(file ?? '-', 'password')
  process.stderr.write(question)
  // A terminal shows what readline writes, and this writes nothing.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const input = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    const password = await new Promise<string | undefined>((resolve) => {
      input.once('line', resolve)
      input.once('close', () => resolve(undefined))
    })
    if (!password) throw new CommandFailure('no password was given')
    return password
  } finally {
    input.close()
    process.stderr.write('\n')
  }
}
