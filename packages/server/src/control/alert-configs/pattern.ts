/** Patterns that users give, by an engine that takes time in proportion to the text, whatever they say. */
import type { RE2JS } from 're2js'

/** A pattern that is found anywhere in a text, whatever the case. */
export interface Pattern {
  isIn(text: string): boolean
}

/** It is some hundred kilobytes of code, which most servers never need. */
let engine: Promise<typeof RE2JS> | undefined

const KEPT = 1000
const compiled = new Map<string, Pattern>()

/** Reads a pattern in the syntax of RE2; undefined when it is none. */
export async function readPattern(source: string): Promise<Pattern | undefined> {
  const known = compiled.get(source)
  if (known) return known
  engine ??= import('re2js').then((library) => library.RE2JS)
  const re2 = await engine
  try {
    const pattern = re2.compile(source, re2.CASE_INSENSITIVE)
    if (compiled.size >= KEPT) compiled.clear()
    const read = { isIn: (text: string) => pattern.test(text) }
    compiled.set(source, read)
    return read
  } catch {
    return undefined
  }
}
