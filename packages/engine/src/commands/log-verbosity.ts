import {
  BsonType,
  isNumericType,
  RawValue,
  readName,
  someElement,
  typeAlias,
  valueSize,
  type Writable,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Verbosity } from '../observe/verbosity.js'
import { toNumber } from './long.js'

type Nested = { [name: string]: Writable }

/** The levels as the parameter `logComponentVerbosity` nests them. */
export function showComponentVerbosity({ level, components }: Verbosity): Writable {
  const root: Nested = { verbosity: level }
  for (const [name, own] of components) {
    let parent = root
    const parts = name.split('.')
    for (const part of parts.slice(0, -1)) parent = parent[part] as Nested
    parent[parts[parts.length - 1]] = { verbosity: own }
  }
  return root
}

/** Reads levels in that form, all of them before any takes effect. */
export function readComponentVerbosity(verbosity: Verbosity, value: RawValue): () => void {
  if (value.type !== BsonType.object) {
    throw new CommandError(
      'TypeMismatch',
      `log component verbosity is not a BSON object: ${typeAlias(value.type)}`,
    )
  }
  const levels = new Map<string, number>()
  readLevels(verbosity, '', value, levels)
  return () => {
    for (const [name, level] of levels) {
      if (name === '') verbosity.level = Math.max(0, level)
      else verbosity.components.set(name, level)
    }
  }
}

function readLevels(
  verbosity: Verbosity,
  component: string,
  { buf, at }: RawValue,
  levels: Map<string, number>,
): void {
  someElement(buf, at, (type, valueAt, nameAt) => {
    const name = readName(buf, nameAt)
    const value = new RawValue(buf, type, valueAt, valueSize(buf, type, valueAt))
    if (name === 'verbosity') {
      levels.set(component, readLevel(value))
      return false
    }
    const inner = component === '' ? name : `${component}.${name}`
    if (!verbosity.components.has(inner)) {
      throw new CommandError('BadValue', `Invalid component name ${inner}`)
    }
    if (type === BsonType.object) readLevels(verbosity, inner, value, levels)
    else levels.set(inner, readLevel(value))
    return false
  })
}

/** Below zero stands for the level of the whole. */
function readLevel(value: RawValue): number {
  const level = isNumericType(value.type) ? toNumber(value) : Number.NaN
  if (level === Math.trunc(level) && level === (level | 0)) return Math.max(-1, level)
  throw new CommandError('BadValue', 'Expected verbosity to be a whole number of 32 bits')
}
