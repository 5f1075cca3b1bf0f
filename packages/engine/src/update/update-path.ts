import { type PathPart, parsePath } from '@gantry/bson'
import { CommandError } from '../errors.js'

/**
 * One step of an update's path: a field (or array position), the array element that the query
 * matched (`$`), or each element that an array filter lets through (`$[identifier]`; all of them
 * when the identifier is empty).
 */
export type UpdateStep =
  | { readonly kind: 'field'; readonly part: PathPart }
  | { readonly kind: 'positional' }
  | { readonly kind: 'elements'; readonly identifier: string }

export interface UpdatePath {
  readonly dotted: string
  readonly steps: readonly UpdateStep[]
}

const MOST_STEPS = 200

/** Splits and checks the path that an operator is given. */
export function parseUpdatePath(dotted: string): UpdatePath {
  if (dotted === '') throw new CommandError('EmptyFieldName', 'An empty update path is not valid.')
  const parts = parsePath(dotted)
  if (parts.length > MOST_STEPS) {
    throw new CommandError(
      'Overflow',
      `Field path has too many parts (${parts.length}), at most ${MOST_STEPS} are allowed`,
    )
  }
  return { dotted, steps: parts.map((part, i) => parseStep(dotted, part, i, parts)) }
}

/** Whether a path has parts that are known only with the document. */
export function isDynamic(path: UpdatePath): boolean {
  return path.steps.some((step) => step.kind !== 'field')
}

/** The path up to a number of steps, dotted. */
export function prefixOf(path: UpdatePath, length: number): string {
  return path.steps.slice(0, length).map(stepText).join('.')
}

function stepText(step: UpdateStep): string {
  if (step.kind === 'field') return step.part.name
  return step.kind === 'positional' ? '$' : `$[${step.identifier}]`
}

function parseStep(
  dotted: string,
  part: PathPart,
  i: number,
  parts: readonly PathPart[],
): UpdateStep {
  const { name } = part
  if (name === '') {
    throw new CommandError(
      'EmptyFieldName',
      `The update path '${dotted}' contains an empty field name, which is not allowed.`,
    )
  }
  if (!name.startsWith('$')) return { kind: 'field', part }
  if (name === '$') {
    checkPositional(dotted, i, parts)
    return { kind: 'positional' }
  }
  if (name.startsWith('$[') && name.endsWith(']')) {
    if (i === 0) {
      throw new CommandError(
        'BadValue',
        `Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '${dotted}'`,
      )
    }
    return { kind: 'elements', identifier: name.slice(2, -1) }
  }
  return { kind: 'field', part }
}

function checkPositional(dotted: string, i: number, parts: readonly PathPart[]): void {
  if (i === 0) {
    throw new CommandError(
      'BadValue',
      `Cannot have positional (i.e. '$') element in the first position in path '${dotted}'`,
    )
  }
  if (parts.some(({ name }, other) => name === '$' && other < i)) {
    throw new CommandError(
      'BadValue',
      `Too many positional (i.e. '$') elements found in path '${dotted}'`,
    )
  }
}
