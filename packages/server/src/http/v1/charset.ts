import { isAscii } from 'node:buffer'
import { AppError } from '../../errors.js'

const FORM = 'application/x-www-form-urlencoded'

/** Labels of the encoding that is ISO-8859-1 here as in the protocols of its time, not windows-1252. */
const latin1 = new Set(['iso-8859-1', 'iso8859-1', 'iso_8859-1', 'latin1', 'l1'])
const unicode = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])

/**
 * The encoding that a Content-Type names for a form, in lower case, or undefined when
 * that is UTF-8 or none. Throws AppError if the type is no form; none and `text/plain` are.
 */
export function readCharset(contentType: string | undefined): string | undefined {
  if (!contentType || contentType === FORM) return undefined
  const [type, ...parameters] = contentType.toLowerCase().split(';')
  const media = type.trim()
  if (media !== FORM && media !== 'text/plain' && media !== '') throw unsupported()
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^\s"]+)"?\s*$/.exec(parameter)?.[1]
    if (charset) return unicode.has(charset) ? undefined : charset
  }
  return undefined
}

/** The body in UTF-8. Throws AppError for an encoding that we do not know. */
export function toUtf8(body: Buffer, charset: string | undefined): Buffer {
  if (charset === undefined) return body
  if (latin1.has(charset)) return isAscii(body) ? body : Buffer.from(body.toString('latin1'))
  try {
    // Decoded as a stream, since otherwise Node 20 takes windows-1252 for ISO-8859-1.
    const decoder = new TextDecoder(charset)
    return Buffer.from(decoder.decode(body, { stream: true }) + decoder.decode())
  } catch (error) {
    if (error instanceof RangeError) throw unsupported()
    throw error
  }
}

function unsupported(): AppError {
  return new AppError('unsupported_type', 'unsupported content type')
}
