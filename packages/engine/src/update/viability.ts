/** Whether the way to a field can be made where it ends before the field. */
import type { RawValue } from '@gantry/bson'
import { elementText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { currentPath, type Modifier } from './modifier.js'
import { childrenInOrder, type FieldChild, type UpdateNode } from './tree.js'
import { resolve, type Walk } from './walk-state.js'

/** Whether something is to be made below, so that the way there must be. */
export function creates(walk: Walk, node: UpdateNode): boolean {
  if (node.kind === 'modifier') return node.creates(walk)
  if (node.kind === 'elements') return true
  return childrenInOrder(resolve(walk, node)).list.some((child) => creates(walk, child.node))
}

/** Throws when something below was to be done, which `value` (no document, or an array without such an element) cannot hold. */
export function checkBlocked(walk: Walk, { part, node }: FieldChild, value: RawValue): void {
  const name = walk.path[walk.path.length - 1]
  walk.path.push(part.name)
  for (const modifier of modifiersBelow(walk, node)) {
    if (modifier.creates(walk)) {
      throw new CommandError(
        'PathNotViable',
        `Cannot create field '${part.name}' in element {${elementText(name, value)}}`,
      )
    }
    if (modifier.blocked === 'error') {
      throw new CommandError(
        'PathNotViable',
        `Cannot use the part (${part.name}) of (${currentPath(walk)}) to traverse the element ({${elementText(name, value)}})`,
      )
    }
  }
  walk.path.pop()
}

function* modifiersBelow(walk: Walk, node: UpdateNode): Generator<Modifier> {
  if (node.kind === 'modifier') {
    yield node
  } else if (node.kind === 'elements') {
    throw missingArray(walk)
  } else {
    for (const child of childrenInOrder(resolve(walk, node)).list) {
      walk.path.push(child.part.name)
      yield* modifiersBelow(walk, child.node)
      walk.path.pop()
    }
  }
}

/** The error for `$[…]` where there is no array. */
export function missingArray(walk: Walk): CommandError {
  return new CommandError(
    'BadValue',
    `The path '${currentPath(walk)}' must exist in the document in order to apply array updates.`,
  )
}
