/** Which lines of a log are handed out, and what is made of them. */

export interface Wanted {
  /** At most so many, the last ones, in whole lines. */
  readonly bytes: number
  readonly fromMs?: number
  readonly toMs?: number
  readonly redacted: boolean
}

/** The text of what is wanted of a log, with a line feed behind each line. */
export function logText(lines: readonly string[], wanted: Wanted): Buffer {
  const inTime = within(lines, wanted)
  const shown = wanted.redacted ? inTime.map(redactLine) : inTime
  let bytes = 0
  let first = shown.length
  while (first > 0) {
    bytes += Buffer.byteLength(shown[first - 1]) + 1
    if (bytes > wanted.bytes) break
    first--
  }
  return Buffer.from(
    shown
      .slice(first)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

/** A line that does not tell its time belongs to the one before it. */
function within(lines: readonly string[], { fromMs, toMs }: Wanted): readonly string[] {
  if (fromMs === undefined && toMs === undefined) return lines
  let ms = Number.NaN
  return lines.filter((line) => {
    const told = timeOf(line)
    if (told !== undefined) ms = told
    return ms >= (fromMs ?? -Infinity) && ms <= (toMs ?? Infinity)
  })
}

function timeOf(line: string): number | undefined {
  const [, text] =
    /^\{"t":\{"\$date":"([^"]+)"/.exec(line) ?? /^(\d{4}-\d\d-\d\dT\S+)/.exec(line) ?? []
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

const REDACTED = '###'

/** What a structured line is about, which holds nothing of anybody's. */
const kept = new Set(['t', 's', 'c', 'id', 'svc', 'ctx', 'msg', 'tags'])

/**
 * A line without the values in it. Of a structured line it is those of all its attributes that
 * go, as names of users, addresses, namespaces and what was asked for stand there; of any other
 * line whatever is quoted, and every number.
 */
export function redactLine(line: string): string {
  const entry = structured(line)
  if (entry) {
    const fields = Object.entries(entry).map(([name, value]) => [
      name,
      kept.has(name) ? value : redactValue(value),
    ])
    return JSON.stringify(Object.fromEntries(fields))
  }
  const [, time = '', rest = ''] = /^(\d{4}-\d\d-\d\dT\S+ )?(.*)$/s.exec(line) ?? []
  const unquoted = rest.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, `"${REDACTED}"`)
  return time + unquoted.replaceAll(/\d[\d.:]*/g, REDACTED)
}

function structured(line: string): { readonly [name: string]: unknown } | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line)
    return typeof entry?.msg === 'string' ? entry : undefined
  } catch {
    return undefined
  }
}

/** Names of fields stay, as do truths, which tell nothing without the rest. */
function redactValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactValue)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, redactValue(field)]),
    )
  }
  return typeof value === 'boolean' || value === null ? value : REDACTED
}
