/**
 * An update's operators, gathered by path so that one pass over a document applies them all. The
 * order of a node's children is the order in which new fields are made: names as text, array
 * positions as numbers.
 */
import { compareStrings, type PathPart, parsePath } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Modifier } from './modifier.js'
import { prefixOf, type UpdatePath, type UpdateStep } from './update-path.js'

export interface FieldChild {
  readonly part: PathPart
  readonly node: UpdateNode
}

/** Children by field name or array position, and one for the position that the query matched. */
export interface FieldsNode {
  readonly kind: 'fields'
  readonly children: Map<string, FieldChild>
  positional?: UpdateNode
  /** What `childrenInOrder` made. */
  ordered?: OrderedChildren
}

export interface OrderedChildren {
  readonly list: readonly FieldChild[]
  /** Where each name stands in the list. */
  readonly positions: ReadonlyMap<string, number>
}

/** Children for the elements of an array, by the identifier of their array filter. */
export interface ElementsNode {
  readonly kind: 'elements'
  readonly byIdentifier: Map<string, UpdateNode>
}

export type UpdateNode = Modifier | FieldsNode | ElementsNode

export function emptyTree(): FieldsNode {
  return { kind: 'fields', children: new Map() }
}

/** Adds what an operator does at a path; throws ConflictingUpdateOperators when another operator has that path, or one below or above it. */
export function addModifier(root: FieldsNode, path: UpdatePath, modifier: Modifier): void {
  const last = path.steps.length - 1
  let node: UpdateNode = root
  for (let i = 0; i < last; i++) {
    const below: UpdateNode | undefined = childAt(node, path, i)
    if (below) {
      node = below
      continue
    }
    const made: UpdateNode =
      path.steps[i + 1].kind === 'elements'
        ? { kind: 'elements', byIdentifier: new Map() }
        : emptyTree()
    attach(node, path.steps[i], made)
    node = made
  }
  if (childAt(node, path, last)) throw conflict(path, last + 1)
  attach(node, path.steps[last], modifier)
}

function conflict(path: UpdatePath, length: number): CommandError {
  return new CommandError(
    'ConflictingUpdateOperators',
    `Updating the path '${path.dotted}' would create a conflict at '${prefixOf(path, length)}'`,
  )
}

/** The child for a step of the path, unless there is none yet. */
function childAt(node: UpdateNode, path: UpdatePath, i: number): UpdateNode | undefined {
  const step = path.steps[i]
  if (node.kind === 'elements' && step.kind === 'elements') {
    return node.byIdentifier.get(step.identifier)
  }
  if (node.kind !== 'fields' || step.kind === 'elements') throw conflict(path, i)
  if (step.kind === 'positional') return node.positional
  return node.children.get(step.part.name)?.node
}

function attach(node: UpdateNode, step: UpdateStep, child: UpdateNode): void {
  if (node.kind === 'elements' && step.kind === 'elements') {
    node.byIdentifier.set(step.identifier, child)
  } else if (node.kind === 'fields' && step.kind === 'positional') {
    node.positional = child
  } else if (node.kind === 'fields' && step.kind === 'field') {
    node.children.set(step.part.name, { part: step.part, node: child })
  }
}

/** The children of a finished node; new fields are made in this order. */
export function childrenInOrder(node: FieldsNode): OrderedChildren {
  if (!node.ordered) {
    const list = [...node.children.values()].sort((a, b) => compareNames(a.part.name, b.part.name))
    node.ordered = { list, positions: new Map(list.map(({ part }, i) => [part.name, i])) }
  }
  return node.ordered
}

/** Text order, except that two decimal numbers compare as numbers. */
export function compareNames(a: string, b: string): number {
  if (isDecimal(a) && isDecimal(b)) return a.length - b.length || compareStrings(a, b)
  return compareStrings(a, b)
}

function isDecimal(name: string): boolean {
  return /^(0|[1-9]\d*)$/.test(name)
}

/** The node once `$` is known to stand for a position. */
export function resolvePositional(
  node: FieldsNode,
  positional: UpdateNode,
  index: number,
  path: readonly string[],
): FieldsNode {
  const part = parsePath(String(index))[0]
  const alone: FieldsNode = {
    kind: 'fields',
    children: new Map([[part.name, { part, node: positional }]]),
  }
  return mergeFields({ kind: 'fields', children: node.children }, alone, path)
}

/** Two nodes that turn out to mean the same field, as one. */
export function mergeNodes(a: UpdateNode, b: UpdateNode, path: readonly string[]): UpdateNode {
  if (a.kind === 'fields' && b.kind === 'fields') return mergeFields(a, b, path)
  if (a.kind === 'elements' && b.kind === 'elements') return mergeElements(a, b, path)
  throw new CommandError(
    'ConflictingUpdateOperators',
    `Update created a conflict at '${path.join('.')}'`,
  )
}

function mergeFields(a: FieldsNode, b: FieldsNode, path: readonly string[]): FieldsNode {
  const children = new Map(a.children)
  for (const [name, { part, node }] of b.children) {
    const other = children.get(name)?.node
    children.set(name, { part, node: mergeOptional(other, node, [...path, name]) as UpdateNode })
  }
  const positional = mergeOptional(a.positional, b.positional, [...path, '$'])
  return { kind: 'fields', children, positional }
}

function mergeElements(a: ElementsNode, b: ElementsNode, path: readonly string[]): ElementsNode {
  const byIdentifier = new Map(a.byIdentifier)
  for (const [identifier, node] of b.byIdentifier) {
    const other = byIdentifier.get(identifier)
    const below = [...path, `$[${identifier}]`]
    byIdentifier.set(identifier, mergeOptional(other, node, below) as UpdateNode)
  }
  return { kind: 'elements', byIdentifier }
}

function mergeOptional(
  a: UpdateNode | undefined,
  b: UpdateNode | undefined,
  path: readonly string[],
): UpdateNode | undefined {
  return a && b ? mergeNodes(a, b, path) : (a ?? b)
}
