import { BsonType, BsonWriter, type RawValue, readName, someElement, valueSize } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import type { Expression, Scope } from '../scope.js'
import type { StageParser } from '../stage.js'
import { eachDocument } from '../stream.js'
import { typeName } from '../values.js'

/** Keeps, drops or looks into each document and the documents in it, as an expression says. */
export const redact: StageParser = (argument, context) => {
  const scope: Scope = { ...context.scope, redacting: true }
  const expression = scope.parse(argument as RawValue, scope)
  return {
    name: '$redact',
    open: (input) => eachDocument(input, (doc) => redactDocument(doc, expression, scope)),
  }
}

const writer = new BsonWriter(16 * 1024)

function redactDocument(doc: Buffer, expression: Expression, scope: Scope): Buffer | undefined {
  const { context } = scope
  context.buf = doc
  context.root = 0
  const mark = writer.length
  if (!writeDocument(doc, 0, expression, scope)) {
    writer.rewind(mark)
    return undefined
  }
  return writer.take(mark)
}

/** Says whether anything is left of the document; what was written is to be taken back when not. */
function writeDocument(buf: Buffer, doc: number, expression: Expression, scope: Scope): boolean {
  scope.context.doc = doc
  const action = expression.evaluate(scope.context)
  if (action === 'prune') return false
  const start = writer.beginDocument()
  if (action === 'keep') {
    someElement(buf, doc, (type, at, nameAt) => {
      writer.rawElement(readName(buf, nameAt), type, buf, at, valueSize(buf, type, at))
      return false
    })
  } else if (action === 'descend') {
    writeElements(buf, doc, expression, scope)
  } else {
    throw new CommandError(
      17053,
      `$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, but returned ${typeName(action)}`,
    )
  }
  writer.end(start)
  return true
}

/** The elements of a document or array with the documents in them looked into. */
function writeElements(
  buf: Buffer,
  from: number,
  expression: Expression,
  scope: Scope,
  array = false,
): void {
  let index = 0
  someElement(buf, from, (type, at, nameAt) => {
    const mark = writer.length
    const name = array ? String(index) : readName(buf, nameAt)
    if (type === BsonType.object) {
      writer.name(type, name)
      if (!writeDocument(buf, at, expression, scope)) {
        writer.rewind(mark)
        return false
      }
    } else if (type === BsonType.array) {
      const start = writer.begin(name, BsonType.array)
      writeElements(buf, at, expression, scope, true)
      writer.end(start)
    } else writer.rawElement(name, type, buf, at, valueSize(buf, type, at))
    index++
    return false
  })
}
