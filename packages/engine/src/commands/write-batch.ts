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

/** Up to so many statements are kept as they were read; of more, each is read again when it runs. */
const MOST_KEPT = 1000

/**
 * Reads all statements of a write command before any of them runs, as a malformed one fails the
 * command, and shows each to a visitor. Answers how to get at the statement at an index.
 */
export async function readStatements<T extends ArgTable>(
  context: CommandContext,
  field: string,
  table: T,
  statements: readonly RawValue[],
  visit: (statement: ArgsOf<T>) => void,
): Promise<(index: number) => ArgsOf<T>> {
  const keeps = statements.length <= MOST_KEPT
  const kept: ArgsOf<T>[] = []
  let endMs = performance.now() + READ_MS
  for (let i = 0; i < statements.length; i++) {
    const statement = readDocument(field, table, statements[i])
    visit(statement)
    if (keeps) kept.push(statement)
    if ((i + 1) % CLOCK_STRIDE !== 0 || performance.now() < endMs) continue
    await context.breathe()
    endMs = performance.now() + READ_MS
  }
  return (index) => (keeps ? kept[index] : readDocument(field, table, statements[index]))
}
