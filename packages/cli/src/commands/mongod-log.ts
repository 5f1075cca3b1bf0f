import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs'
import { CommandFailure } from '../command.js'
import type { MongodLogOptions } from './mongod-options.js'

/** Where the lines of an engine's log go. */
export interface MongodLog {
  write(line: string): void
  /** Begins a new file. */
  rotate(): void
}

/** Opens the log; throws `CommandFailure` when its file cannot be written. */
export function openMongodLog({ path, append, rotate }: MongodLogOptions): MongodLog {
  if (path === undefined) {
    return { write: (line) => void process.stdout.write(`${line}\n`), rotate() {} }
  }
  const open = () => {
    try {
      return openSync(path, 'a', 0o600)
    } catch (error) {
      throw new CommandFailure(`the log cannot be written: ${(error as Error).message}`)
    }
  }
  if (!append && existsSync(path)) putAside(path)
  let file = open()
  return {
    // In order and at once: what was said last before a crash is what one looks for.
    write: (line) => void writeSync(file, `${line}\n`),
    rotate() {
      if (rotate === 'rename' && existsSync(path)) putAside(path)
      const old = file
      file = open()
      closeSync(old)
    },
  }
}

/** Under the name that MongoDB gives it. */
function putAside(path: string): void {
  renameSync(
    path,
    `${path}.${new Date()
      .toISOString()
      .replace(/\.\d+Z$/, '')
      .replaceAll(':', '-')}`,
  )
}
