/** How bad it is what a line tells of. */
export type Severity = 'CRITICAL' | 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG'

/** A line of MongoDB's log, taken apart. */
export interface LogLine {
  /** Milliseconds since 1970; undefined where the line does not say. */
  readonly timeMs: number | undefined
  readonly severity: Severity
  /** The line as people read it: on whose behalf, the message, and what belongs to it as JSON. */
  readonly text: string
}

interface Structured {
  readonly t: { readonly $date: string }
  readonly s: string
  readonly ctx: string
  readonly msg: string
  readonly attr?: unknown
}

const severities: Readonly<Record<string, Severity>> = {
  F: 'CRITICAL',
  E: 'ERROR',
  W: 'WARNING',
  I: 'INFO',
}

/** Reads a line as MongoDB writes them since 4.4; one of another form is only text. */
export function readLogLine(line: string): LogLine {
  const entry = parse(line)
  if (!entry) return { timeMs: undefined, severity: 'INFO', text: line }
  const { t, s, ctx, msg, attr } = entry
  const timeMs = Date.parse(t.$date)
  return {
    timeMs: Number.isNaN(timeMs) ? undefined : timeMs,
    severity: severities[s] ?? 'DEBUG',
    text: `[${ctx}] ${msg}${attr === undefined ? '' : ` ${JSON.stringify(attr)}`}`,
  }
}

function parse(line: string): Structured | undefined {
  let entry: Partial<Structured> | null
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined
  }
  const { t, s, ctx, msg } = entry ?? {}
  const texts = [t?.$date, s, ctx, msg]
  return texts.every((text) => typeof text === 'string') ? (entry as Structured) : undefined
}
