import { type JsonDocument, parseJson } from '@gantry/client'
import { UsageError } from './command.js'
import { readSecret } from './target.js'

/**
 * The JSON text of a document; `-` and nothing are standard input. It is checked here, so
 * that a mistake does not need a server, and sent as it was written.
 */
export function readDocument(name: string, text: string | undefined): string {
  const json = text === undefined || text === '-' ? readSecret('-', name) : text
  let value: unknown
  try {
    value = parseJson(json) as JsonDocument
  } catch (error) {
    throw new UsageError(`${name} is not JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${name} must be a JSON object`)
  }
  return json
}
