import { setImmediate as nextTurn } from 'node:timers/promises'
import { validateDocument } from '@gantry/bson'
import type { CommandMessage } from '../engine.js'
import { CommandError } from '../errors.js'
import { refuseDoubledArguments } from './op-msg.js'

/** Bytes that are checked before other connections get their turn. */
const BYTES_PER_TURN = 2 * 1024 * 1024

/**
 * Throws `InvalidBSON` unless all documents of a message are well formed; only then may the
 * engine read them. Answers a promise when there is so much that it takes several turns.
 */
export function checkMessage(message: CommandMessage): undefined | Promise<void> {
  checkDocument(message.body)
  if (!message.sequences) return
  refuseDoubledArguments(message)
  const rest = checkSome(allDocuments(message), BYTES_PER_TURN)
  return rest && checkRest(rest)
}

function* allDocuments({ sequences }: CommandMessage): Generator<Buffer> {
  for (const documents of sequences?.values() ?? []) yield* documents
}

/** Checks documents until the bytes are used up; answers those that remain, if any may. */
function checkSome(documents: Generator<Buffer>, bytes: number): Generator<Buffer> | undefined {
  let left = bytes
  while (left > 0) {
    const { value, done } = documents.next()
    if (done) return undefined
    checkDocument(value)
    left -= value.length
  }
  return documents
}

async function checkRest(documents: Generator<Buffer>): Promise<void> {
  do await nextTurn()
  while (checkSome(documents, BYTES_PER_TURN))
}

function checkDocument(document: Buffer): void {
  const fault = validateDocument(document)
  if (fault) throw new CommandError('InvalidBSON', `Invalid BSON in a request: ${fault}`)
}
