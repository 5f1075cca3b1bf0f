/** What INFO says: fields by section, both in lower case as the server spells them. */
export type Info = ReadonlyMap<string, ReadonlyMap<string, string>>

export function parseInfo(text: string): Info {
  const sections = new Map<string, Map<string, string>>()
  let fields = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) {
      const name = line.slice(1).trim().toLowerCase()
      fields = sections.get(name) ?? new Map()
      sections.set(name, fields)
      continue
    }
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return sections
}

/** A field of a section; undefined where the server has no such. */
export function infoText(info: Info, section: string, field: string): string | undefined {
  return info.get(section)?.get(field)
}

/** A field as number; `NaN` where the server has no such. */
export function infoNumber(info: Info, section: string, field: string): number {
  const text = infoText(info, section, field)
  return text === undefined ? Number.NaN : Number(text)
}

/** Parts of a field such as `ip=127.0.0.1,port=6380,state=online`. */
export function infoParts(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((part) => {
    const equals = part.indexOf('=')
    return [part.slice(0, equals), part.slice(equals + 1)] as const
  })
  return new Map(pairs.filter(([name]) => name !== ''))
}

/** Of the server's own section only this is a measure; the others say which server it is. */
const SERVER_FIELDS = new Set(['uptime_in_seconds'])
/** What follows from other numbers of the same command. */
const DERIVED = new Set(['usec_per_call'])

/** All measures, by names such as `used_memory`, `db0.keys` and `cmdstat_get.calls`. */
export function infoNumbers(info: Info): { [name: string]: number } {
  const numbers: { [name: string]: number } = {}
  for (const [section, fields] of info) {
    for (const [field, text] of fields) {
      if (section === 'server' && !SERVER_FIELDS.has(field)) continue
      const parts = text.includes('=') ? [...infoParts(text)] : []
      for (const [part, value] of parts) {
        if (!DERIVED.has(part)) addNumber(numbers, `${field}.${part}`, value)
      }
      if (parts.length === 0) addNumber(numbers, field, text)
    }
  }
  return numbers
}

function addNumber(numbers: { [name: string]: number }, name: string, text: string): void {
  if (/^-?\d+(\.\d+)?$/.test(text)) numbers[name] = Number(text)
}
