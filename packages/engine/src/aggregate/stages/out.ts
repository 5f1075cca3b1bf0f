import { decodeValue, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { Replacement, Target } from '../services.js'
import type { StageContext, StageParser } from '../stage.js'
import { type DocumentStream, Pause } from '../stream.js'

/** Documents written at once. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_LENGTH = 1000

/** Replaces a collection by the documents; hands out none. */
export const out: StageParser = (argument, context) => {
  const target = parse(argument, context)
  return {
    name: '$out',
    sink: true,
    targets: [target],
    open: (input, services) => {
      if (!services.replace)
        throw new CommandError('CommandNotSupported', '$out is not supported here')
      return writing(input, target, services.replace.bind(services))
    },
  }
}

function writing(
  input: DocumentStream,
  target: Target,
  replace: (target: Target) => Replacement,
): DocumentStream {
  let replacement: Replacement | undefined
  let committed = false
  const batches = batched(input, (docs) => {
    replacement ??= replace(target)
    return replacement.write(docs)
  })
  return {
    next: () => {
      const pause = batches.next()
      if (pause) return pause
      if (committed) return undefined
      committed = true
      replacement ??= replace(target)
      return new Pause(replacement.commit())
    },
    close: () => {
      input.close?.()
      if (!committed) replacement?.abort()
    },
  }
}

/** Reads the input and writes it in batches; each write is a pause until it is done. */
export function batched(input: DocumentStream, write: (docs: Buffer[]) => Promise<void>) {
  let docs: Buffer[] = []
  let bytes = 0
  const flush = () => {
    const batch = docs
    docs = []
    bytes = 0
    return new Pause(write(batch))
  }
  return {
    next(): Pause | undefined {
      for (;;) {
        const doc = input.next()
        if (doc instanceof Pause) return doc
        if (doc === undefined) return docs.length > 0 ? flush() : undefined
        docs.push(doc)
        bytes += doc.length
        if (docs.length >= BATCH_LENGTH || bytes >= BATCH_BYTES) return flush()
      }
    },
  }
}

function parse(argument: RawValue, { db }: StageContext): Target {
  const whole = decodeValue(argument.buf, argument.type, argument.at)
  if (typeof whole === 'string') return checkTarget({ db, collection: whole })
  if (!isDocument(argument)) {
    throw new CommandError(
      16990,
      `$out only supports a string or object argument, but found ${typeAlias(argument.type)}`,
    )
  }
  const found: Record<string, string> = {}
  for (const [name, value] of fieldsOf(argument)) {
    if (name === 'timeseries') {
      throw new CommandError('CommandNotSupported', "$out with 'timeseries' is not supported")
    }
    if (name !== 'db' && name !== 'coll') {
      throw new CommandError(40415, `BSON field '$out.${name}' is an unknown field.`)
    }
    const text = decodeValue(value.buf, value.type, value.at)
    if (typeof text !== 'string') {
      throw new CommandError(
        'TypeMismatch',
        `BSON field '$out.${name}' is the wrong type '${typeAlias(value.type)}', expected type 'string'`,
      )
    }
    found[name] = text
  }
  for (const name of ['db', 'coll']) {
    if (found[name] === undefined) {
      throw new CommandError(40414, `BSON field '$out.${name}' is missing but a required field`)
    }
  }
  return checkTarget({ db: found.db, collection: found.coll })
}

/** Refuses collections that only the system writes. */
function checkTarget(target: Target): Target {
  const { db, collection } = target
  if (collection === '' || collection.includes('\0') || collection.startsWith('.')) {
    throw new CommandError('InvalidNamespace', `Invalid $out target namespace, ${db}.${collection}`)
  }
  if (collection.startsWith('system.')) {
    throw new CommandError(17385, `Can't $out to special collection: ${collection}`)
  }
  if (['admin', 'config', 'local'].includes(db)) {
    throw new CommandError(31321, `Can't $out to internal database: ${db}`)
  }
  return target
}
