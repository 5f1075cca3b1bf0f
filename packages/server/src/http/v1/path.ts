import { isUtf8 } from 'node:buffer'
import { AppError } from '../../errors.js'

/** Where a request goes: the path's segments, decoded, and the query string, not decoded. */
export interface Path {
  readonly segments: readonly string[]
  readonly query: string
}

/**
 * Takes apart the target of a request as Node gives it. Segments are percent-decoded
 * once, so that `%2F` is part of a name; one slash at the end does not count. Throws
 * AppError (no route) when the percent signs or the UTF-8 are wrong.
 */
export function readPath(target: string): Path {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const segments = path.split('/')
  segments.shift()
  if (segments.length > 1 && segments.at(-1) === '') segments.pop()
  return { segments: segments.map(decodeSegment), query: mark === -1 ? '' : target.slice(mark + 1) }
}

function decodeSegment(segment: string): string {
  if (/^[\w.-]*$/.test(segment)) return segment
  // Node hands over bytes that are not ASCII as one character each.
  const bytes = Buffer.from(segment, 'latin1')
  if (!isUtf8(bytes)) throw notFound()
  try {
    return decodeURIComponent(bytes.toString())
  } catch (error) {
    if (error instanceof URIError) throw notFound()
    throw error
  }
}

function notFound(): AppError {
  return new AppError('no_route', 'not found')
}
