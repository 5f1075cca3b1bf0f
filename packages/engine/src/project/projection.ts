import { BsonWriter, type RawValue, readInt32 } from '@gantry/bson'
import type { Filter } from '../query/filter.js'
import { type MatchedPosition, matchedPosition } from '../query/positional.js'
import { parseProjectedPath } from './field-path.js'
import { type ProjectionContext, parseProjection } from './parse.js'
import { addLeaf, type Compute, emptyTree, type FieldsNode } from './tree.js'
import { type Mode, writeProjected } from './write.js'

/** A compiled projection, good for any number of documents. */
export interface Projection {
  /** Whether it leaves each document as it is. */
  readonly identity: boolean
  /** The fields of an inclusion without computed ones, by path; undefined when more of the document may be needed. */
  readonly onlyPaths: readonly string[] | undefined
  /** The projection of the document at an offset. The identity answers a view of the same memory. */
  apply(buf: Buffer, doc: number): Buffer
  /** The same, written without type and name where a document value is due. */
  writeTo(writer: BsonWriter, buf: Buffer, doc: number): void
}

export interface CompileContext extends ProjectionContext {
  /** The query's filter, for the positional `$`; without it no document has a matched element. */
  readonly filter?: Filter
}

/** Compiles the projection of `find` and `findAndModify`, or with the dialect `aggregate` the specification of `$project`. */
export function compileProjection(spec: RawValue, context: CompileContext): Projection {
  const { mode, root, positional } = parseProjection(spec, context)
  const { filter } = context
  return projection(mode, root, positional && filter ? matchedPosition(filter) : undefined)
}

/** Compiles the exclusion of fields by path, as `$unset` has them. */
export function compileExclusion(paths: readonly string[]): Projection {
  const root = emptyTree()
  for (const path of paths) addLeaf(root, parseProjectedPath(path), { kind: 'exclude' })
  return projection('exclusion', root)
}

/** Compiles fields to add or replace, as `$addFields` has them once its specification is read. */
export function compileAddition(
  fields: readonly (readonly [path: string, compute: Compute])[],
): Projection {
  const root = emptyTree()
  for (const [path, compute] of fields) {
    addLeaf(root, parseProjectedPath(path), { kind: 'compute', compute })
  }
  return projection('addition', root)
}

const scratch = new BsonWriter(16 * 1024)

function projection(mode: Mode, root: FieldsNode, position?: MatchedPosition): Projection {
  const identity = mode !== 'inclusion' && root.list.length === 0
  const writeTo = (writer: BsonWriter, buf: Buffer, doc: number): void => {
    if (identity) writer.bytes(buf, doc, readInt32(buf, doc))
    else
      writeProjected({ writer, mode, buf, doc, matchedPosition: position }, root, buf, doc, false)
  }
  return {
    identity,
    onlyPaths: mode === 'inclusion' ? includedPaths(root, '') : undefined,
    writeTo,
    apply(buf, doc) {
      if (identity) return buf.subarray(doc, doc + readInt32(buf, doc))
      const mark = scratch.length
      try {
        writeTo(scratch, buf, doc)
        return scratch.take(mark)
      } finally {
        scratch.rewind(mark)
      }
    },
  }
}

function includedPaths(node: FieldsNode, prefix: string): string[] | undefined {
  const paths: string[] = []
  for (const { part, node: below } of node.list) {
    if (below.kind === 'include') {
      paths.push(prefix + part.name)
    } else if (below.kind === 'fields') {
      const deeper = includedPaths(below, `${prefix}${part.name}.`)
      if (!deeper) return undefined
      paths.push(...deeper)
    } else {
      return undefined
    }
  }
  return paths
}
