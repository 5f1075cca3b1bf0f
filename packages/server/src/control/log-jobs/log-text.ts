/** Which lines of a log are handed out, and what is made of them. */
import { setImmediate } from 'node:timers/promises'

export interface Wanted {
  /** At most so many, the last ones, in whole lines. */
  readonly bytes: number
  readonly fromMs?: number
  readonly toMs?: number
  readonly redacted: boolean
}

/** So many lines are looked at before others have their turn. */
const AT_ONCE = 2000

/** The text of what is wanted of a log, with a line feed behind each line. */
export async function logText(lines: readonly string[], wanted: Wanted): Promise<Buffer> {
  const inTime = await within(lines, wanted)
  const shown: string[] = []
  let bytes = 0
  // From the last one, so that nothing is made of lines for which there is no room.
  for (let i = inTime.length - 1; i >= 0; i--) {
    const text = `${wanted.redacted ? redactLine(inTime[i]) : inTime[i]}\n`
    bytes += Buffer.byteLength(text)
    if (bytes > wanted.bytes) break
    shown.push(text)
    if (shown.length % AT_ONCE === 0) await setImmediate()
  }
  return Buffer.from(shown.reverse().join(''))
}

/** A line that does not tell its time belongs to the one before it. */
async function within(
  lines: readonly string[],
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: Wanted,
): Promise<readonly string[]> {
  if (fromMs === Number.NEGATIVE_INFINITY && toMs === Number.POSITIVE_INFINITY) return lines
  const found: string[] = []
  let ms = Number.NaN
  for (const [i, line] of lines.entries()) {
    ms = timeOf(line) ?? ms
    if (ms >= fromMs && ms <= toMs) found.push(line)
    if (i % AT_ONCE === AT_ONCE - 1) await setImmediate()
  }
  return found
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
 * line whatever is quoted, also where the line was cut off within it, and every number.
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
  const unquoted = rest.replaceAll(/"(?:[^"\\]|\\.)*(?:"|\\?$)|'(?:[^'\\]|\\.)*'/g, `"${REDACTED}"`)
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
