import { formatJson, type JsonValue } from '@gantry/client'
import type { Invocation } from './command.js'

/** Prints a result: with `--json` as one line of JSON, else as the text says. */
export function print(call: Invocation, result: JsonValue, text: () => string): void {
  const line = call.has('json') ? formatJson(result) : text()
  process.stdout.write(line === '' ? '' : `${line}\n`)
}

/** Rows under their headings; columns of numbers stand to the right. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => printable(String(cell))))
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...cells.map((row) => row[i].length)),
  )
  const isNumeric = headings.map(
    (_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'),
  )
  return [headings, ...cells]
    .map((row) =>
      row
        .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Without what a terminal would obey: text from a server may come from anybody. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1536` -> `1.5 KiB` */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`
}
