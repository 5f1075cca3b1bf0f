import { isDeepStrictEqual } from 'node:util'
import { refusal } from '../../control/refusal.js'
import { readDate } from '../../dates.js'
import type { Echo } from './body.js'
import { dateText } from './json-text.js'
import type { Json } from './result.js'

/**
 * Throws unless fields of the server's own repeat what is there: a value of the path or, as
 * far as the path has none of that name, of the entity as it is now. Links depend on how it
 * was reached and are not compared.
 */
export async function checkEchoes(
  echoes: readonly Echo[],
  params: { readonly [name: string]: string },
  current: () => Promise<Json | undefined>,
): Promise<void> {
  let entity: Json | undefined
  for (const { path, value } of echoes) {
    if (path === 'links' || path.endsWith('.links')) continue
    if (Object.hasOwn(params, path)) {
      if (value === params[path]) continue
      if (path === 'groupId') throw refusal('GROUP_MISMATCH', String(value))
      throw refusal('ATTRIBUTE_READ_ONLY', path)
    }
    entity ??= await current()
    if (!isSame(value, at(entity, path))) throw refusal('ATTRIBUTE_READ_ONLY', path)
  }
}

function isSame(sent: unknown, there: Json | undefined): boolean {
  if (there === undefined) return false
  if (there instanceof Date) {
    const date = typeof sent === 'string' ? readDate(sent) : undefined
    return date !== undefined && dateText(date) === dateText(there)
  }
  if (Array.isArray(there)) {
    if (!Array.isArray(sent) || sent.length !== there.length) return false
    return there.every((item, i) => isSame(sent[i], item))
  }
  if (typeof there !== 'object' || there === null) return isDeepStrictEqual(sent, there)
  if (typeof sent !== 'object' || sent === null) return false
  const names = Object.entries(there).filter(([, value]) => value !== undefined)
  const fields = sent as { readonly [name: string]: unknown }
  return (
    Object.keys(fields).length === names.length &&
    names.every(([name, value]) => isSame(fields[name], value as Json))
  )
}

function at(entity: Json | undefined, path: string): Json | undefined {
  let value = entity
  for (const name of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as { readonly [name: string]: Json | undefined })[name]
  }
  return value
}
