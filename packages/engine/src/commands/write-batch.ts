import type { RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { ArgsOf, ArgTable } from './args.js'
import type { CommandContext } from './command.js'
import { readDocument } from './read-args.js'

/** Statements that one write command may have. */
export const MAX_WRITE_BATCH_SIZE = 100_000

export function checkBatchSize(size: number): void {
  if (size >= 1 && size <= MAX_WRITE_BATCH_SIZE) return
  throw new CommandError(
    'InvalidLength',
    `Write batch sizes must be between 1 and ${MAX_WRITE_BATCH_SIZE}. Got ${size} operations.`,
  )
}

const READ_MS = 4
/** Statements between two looks at the clock. */
const CLOCK_STRIDE = 64

/** Reads all statements of a write command before any of them runs: a malformed one fails the command. */
export async function readStatements<T extends ArgTable>(
  context: CommandContext,
  field: string,
  table: T,
  statements: readonly RawValue[],
): Promise<ArgsOf<T>[]> {
  const read: ArgsOf<T>[] = []
  let endMs = performance.now() + READ_MS
  for (const statement of statements) {
    read.push(readDocument(field, table, statement))
    if (read.length % CLOCK_STRIDE !== 0 || performance.now() < endMs) continue
    await context.breathe()
    endMs = performance.now() + READ_MS
  }
  return read
}
