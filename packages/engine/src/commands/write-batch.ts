import { CommandError } from '../errors.js'

/** Statements that one write command may have. */
export const MAX_WRITE_BATCH_SIZE = 100_000

export function checkBatchSize(size: number): void {
  if (size >= 1 && size <= MAX_WRITE_BATCH_SIZE) return
  throw new CommandError(
    'InvalidLength',
    `Write batch sizes must be between 1 and ${MAX_WRITE_BATCH_SIZE}. Got ${size} operations.`,
  )
}
