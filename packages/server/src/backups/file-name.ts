import { createHash } from 'node:crypto'

/** File systems take names of 255 bytes, and the longest ending is `.metadata.json.gz`. */
const LONGEST = 238
/** What stays of a name that is too long, before `%24` and a hash of 27 letters. */
const KEPT = 208

/**
 * The name that mongodump gives a collection's files, without ending: all but letters, digits
 * and `-_.~` is escaped as in a query string. One that is too long is cut and ends in a hash,
 * and the collection's name then stands in its metadata alone.
 */
export function fileNameOf(collection: string): string {
  const escaped = [...Buffer.from(collection)].map(escapeByte).join('')
  if (escaped.length <= LONGEST) return escaped
  const hash = createHash('sha1').update(collection).digest('base64url')
  return `${escaped.slice(0, KEPT)}%24${hash}`
}

/** The collection whose files have a name. One that was cut may end within a letter, and stays as it is: its metadata says what it is called. */
export function collectionOf(fileName: string): string {
  try {
    return decodeURIComponent(fileName.replaceAll('+', ' '))
  } catch {
    return fileName
  }
}

function escapeByte(byte: number): string {
  const char = String.fromCharCode(byte)
  if (/[A-Za-z0-9\-_.~]/.test(char)) return char
  if (char === ' ') return '+'
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
