import type { Path, PathPart, Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'

/** The value of a computed field, given the whole document; undefined when there is none. */
export type Compute = (buf: Buffer, doc: number) => Writable | undefined

/** What becomes of one field. */
export type Leaf =
  | { readonly kind: 'include' | 'exclude' | 'positional' }
  /** `$slice`: the elements from `skip` (from the end when negative), at most `limit`. */
  | { readonly kind: 'slice'; readonly skip: number; readonly limit: number }
  | { readonly kind: 'compute'; readonly compute: Compute }

/** What becomes of the fields of a document, and of each document in an array. */
export interface FieldsNode {
  readonly kind: 'fields'
  readonly children: Map<string, FieldChild>
  /** The children in the order given. */
  readonly list: FieldChild[]
  /** Whether a computed field is here or below, so that documents are made where there are none. */
  computes: boolean
  /** Whether an array on the way is reduced to the element that the query matched. */
  positional: boolean
}

export interface FieldChild {
  readonly part: PathPart
  readonly node: Leaf | FieldsNode
  /** Its place in the list. */
  readonly index: number
}

export function emptyTree(): FieldsNode {
  return { kind: 'fields', children: new Map(), list: [], computes: false, positional: false }
}

/** Adds a leaf at a path; throws when a path above or below, or the same one, has its own already. */
export function addLeaf(root: FieldsNode, path: Path, leaf: Leaf): void {
  let node = root
  const last = path.length - 1
  for (let i = 0; ; i++) {
    if (leaf.kind === 'compute') node.computes = true
    if (leaf.kind === 'positional') node.positional = true
    const child = node.children.get(path[i].name)
    if (i === last) {
      if (child) throw collision(path)
      addChild(node, path[i], leaf)
      return
    }
    if (!child) {
      const below = emptyTree()
      addChild(node, path[i], below)
      node = below
    } else if (child.node.kind === 'fields') {
      node = child.node
    } else {
      throw collision(path, i + 1)
    }
  }
}

function addChild(node: FieldsNode, part: PathPart, below: Leaf | FieldsNode): void {
  const child: FieldChild = { part, node: below, index: node.list.length }
  node.children.set(part.name, child)
  node.list.push(child)
}

/** The leaf or node at a path, if the path has been added. */
export function nodeAt(root: FieldsNode, path: Path): Leaf | FieldsNode | undefined {
  let node: Leaf | FieldsNode | undefined = root
  for (const { name } of path) {
    if (node?.kind !== 'fields') return undefined
    node = node.children.get(name)?.node
  }
  return node
}

function collision(path: Path, from = path.length): CommandError {
  const dotted = path.map(({ name }) => name).join('.')
  if (from === path.length) return new CommandError(31250, `Path collision at ${dotted}`)
  const rest = path.slice(from).map(({ name }) => name)
  return new CommandError(31249, `Path collision at ${dotted} remaining portion ${rest.join('.')}`)
}
