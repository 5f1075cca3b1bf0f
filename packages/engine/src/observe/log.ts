import { encodeDocument, JsonWriter, type Writable } from '@gantry/bson'
import { createVerbosity, type Verbosity } from './verbosity.js'

/** What the engine has to say, in the terms of MongoDB's structured log. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number
  /** Fatal, error, warning or information; `D1` to `D5` are for those who ask for more. */
  readonly severity: 'F' | 'E' | 'W' | 'I' | 'D1' | 'D2' | 'D3' | 'D4' | 'D5'
  readonly component: LogComponent
  /** Names the message, whatever its words; MongoDB's own number where there is one. */
  readonly id: number
  /** On whose behalf, such as `conn12`; `-` for the engine itself. */
  readonly context: string
  readonly message: string
  /** Passwords, keys and the like are not in it. */
  readonly attributes: Readonly<Record<string, Writable | undefined>>
}

export type LogComponent =
  | 'ACCESS'
  | 'COMMAND'
  | 'CONTROL'
  | 'INDEX'
  | 'NETWORK'
  | 'STORAGE'
  | 'TXN'
  | 'WRITE'

export interface Log {
  write(entry: Omit<LogEntry, 'timeMs' | 'context'> & { readonly context?: string }): void
  /** The latest lines of a log, oldest first, as MongoDB writes them to its file. */
  lines(name: LogName): { readonly lines: readonly string[]; readonly total: number }
  readonly verbosity: Verbosity
  /** Nothing is said of connections that come and go. */
  quiet: boolean
}

/** `global`: everything; `startupWarnings`: the warnings that came while the engine was being opened. */
export const logNames = ['global', 'startupWarnings'] as const
export type LogName = (typeof logNames)[number]

export interface LogOptions {
  readonly now: () => number
  /** Is handed each entry with its line, to be kept elsewhere. */
  readonly sink?: (entry: LogEntry, line: string) => void
}

/** Lines that are kept. */
const KEPT_LINES = 1024

export function createLog({ now, sink }: LogOptions): Log {
  const kept: Record<LogName, Lines> = {
    global: { lines: [], total: 0 },
    startupWarnings: { lines: [], total: 0 },
  }
  return {
    quiet: false,
    verbosity: createVerbosity(),
    write(given) {
      const entry: LogEntry = { timeMs: now(), context: '-', ...given }
      const line = lineOf(entry)
      keep(kept.global, line)
      if (entry.severity === 'W' && entry.context === STARTUP) keep(kept.startupWarnings, line)
      sink?.(entry, line)
    },
    lines: (name) => ({ lines: inOrder(kept[name]), total: kept[name].total }),
  }
}

/** The context of what is said while the engine is being opened. */
export const STARTUP = 'initandlisten'

interface Lines {
  /** A ring once it is full: line number `n` is at `n % KEPT_LINES`. */
  readonly lines: string[]
  total: number
}

function keep(kept: Lines, line: string): void {
  kept.lines[kept.total % KEPT_LINES] = line
  kept.total++
}

function inOrder({ lines, total }: Lines): string[] {
  const oldest = lines.length < KEPT_LINES ? 0 : total % KEPT_LINES
  return [...lines.slice(oldest), ...lines.slice(0, oldest)]
}

const writer = new JsonWriter(16 * 1024)

function lineOf(entry: LogEntry): string {
  const { severity, component, id, context, message, attributes } = entry
  const time = new Date(entry.timeMs).toISOString().replace('Z', '+00:00')
  const head = `{"t":{"$date":"${time}"},"s":"${severity}","c":"${component}","id":${id},"svc":"-","ctx":${JSON.stringify(context)},"msg":${JSON.stringify(message)}`
  if (Object.keys(attributes).length === 0) return `${head}}`
  writer.document(encodeDocument(attributes))
  return `${head},"attr":${writer.take()}}`
}
