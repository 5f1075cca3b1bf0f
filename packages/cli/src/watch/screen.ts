import { emitKeypressEvents, type Key } from 'node:readline'
import { styleText } from 'node:util'
import {
  beginSynchronizedOutput,
  cursorHide,
  cursorShow,
  cursorTo,
  endSynchronizedOutput,
  enterAlternativeScreen,
  eraseDown,
  eraseEndLine,
  exitAlternativeScreen,
} from 'ansi-escapes'
import type { Line, Size } from './view.js'

/** The whole terminal, until it is closed; what stood there before comes back then. */
export interface Screen {
  size(): Size
  /** Replaces what is shown; left out when the terminal is still busy with what came before. */
  draw(lines: readonly Line[]): void
  close(): void
}

export interface ScreenOptions {
  readonly colors: boolean
  /** The name of a key (`q`, `space`, `up`); those that end or stop a program are not among them. */
  readonly onKey: (name: string) => void
  /** The size is another, or the terminal shows something else: draw. */
  readonly onRedraw: () => void
  /** Ctrl-C, or the terminal is gone. */
  readonly onEnd: () => void
}

const styles = {
  heading: ['bold'],
  faint: ['dim'],
  alarm: ['bold', 'red'],
} as const

/** Takes over terminal and keyboard; both must be one. However the process ends, they are given back. */
export function openScreen({ colors, onKey, onRedraw, onEnd }: ScreenOptions): Screen {
  const { stdin, stdout } = process
  let isShown = false
  const enter = () => {
    isShown = true
    stdin.setRawMode(true)
    stdout.write(enterAlternativeScreen + cursorHide)
  }
  const leave = () => {
    if (!isShown) return
    isShown = false
    stdout.write(cursorShow + exitAlternativeScreen)
    stdin.setRawMode(false)
  }
  const suspend = () => {
    leave()
    process.once('SIGCONT', () => {
      enter()
      onRedraw()
    })
    process.kill(process.pid, 'SIGTSTP')
  }
  const onKeypress = (_: string | undefined, { name, ctrl }: Key) => {
    if (ctrl && (name === 'c' || name === 'd')) onEnd()
    else if (ctrl && name === 'z' && process.platform !== 'win32') suspend()
    else if (!ctrl && name !== undefined) onKey(name)
  }
  const releases = [
    listen(process, 'exit', leave),
    // Before the stack trace is printed.
    listen(process, 'uncaughtExceptionMonitor', leave),
    ...(['SIGTERM', 'SIGHUP', 'SIGINT'] as const).map((signal) => listen(process, signal, onEnd)),
    listen(stdin, 'keypress', onKeypress),
    listen(stdin, 'end', onEnd),
    listen(stdout, 'resize', onRedraw),
  ]
  emitKeypressEvents(stdin)
  enter()
  stdin.resume()
  return {
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    draw(lines) {
      if (!isShown || stdout.writableNeedDrain) return
      const text = lines.map((line) => styled(line, colors) + eraseEndLine).join('\r\n')
      stdout.write(
        beginSynchronizedOutput + cursorTo(0, 0) + text + eraseDown + endSynchronizedOutput,
      )
    },
    close() {
      leave()
      for (const release of releases) release()
      stdin.pause()
    },
  }
}

/** Without colours it is bold and dim all the same. */
function styled({ text, style }: Line, colors: boolean): string {
  if (style === undefined || text === '') return text
  return styleText([...(style === 'alarm' && !colors ? ['bold' as const] : styles[style])], text, {
    validateStream: false,
  })
}

function listen(
  emitter: NodeJS.EventEmitter,
  event: string,
  // biome-ignore lint/suspicious/noExplicitAny: what an event hands over depends on its name
  listener: (...args: any[]) => void,
): () => void {
  emitter.on(event, listener)
  return () => emitter.off(event, listener)
}
