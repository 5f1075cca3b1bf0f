import { type Path, parsePath } from '@gantry/bson'
import { CommandError } from '../errors.js'

const MOST_PARTS = 200

/** Splits and checks the path of a projected field. */
export function parseProjectedPath(dotted: string): Path {
  if (dotted === '') {
    throw new CommandError(40352, 'FieldPath cannot be constructed with empty string')
  }
  if (dotted.endsWith('.')) throw new CommandError(40353, "FieldPath must not end with a '.'.")
  const path = parsePath(dotted)
  if (path.length > MOST_PARTS) {
    throw new CommandError(
      'Overflow',
      `FieldPath has too many parts (${path.length}), at most ${MOST_PARTS} are allowed`,
    )
  }
  for (const { name } of path) checkName(name)
  return path
}

function checkName(name: string): void {
  if (name === '') throw new CommandError(15998, 'FieldPath field names may not be empty strings.')
  if (name.startsWith('$')) {
    throw new CommandError(
      16410,
      "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
    )
  }
}
