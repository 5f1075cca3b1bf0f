import type { SpillSpace } from '../spill/spill-store.js'
import type { WorkingMemory } from '../spill/working-memory.js'
import type { CommandContext } from './command.js'

/** The memory of one query, and its files. */
export interface QueryMemory extends WorkingMemory {
  /** Gives all its files back; may be called twice. */
  close(): void
}

/** What a query may hold; `failure` is what its errors begin with. Whoever has run it closes it. */
export function queryMemory(
  { spill }: CommandContext,
  allowDiskUse: boolean | undefined,
  failure: string,
): QueryMemory {
  const { sortBytes, groupBytes, allowDiskUseByDefault } = spill.settings
  let space: SpillSpace | undefined
  let closed = false
  return {
    sortBytes,
    groupBytes,
    failure: `${failure} :: caused by :: `,
    createFile:
      (allowDiskUse ?? allowDiskUseByDefault)
        ? (use) => {
            space ??= spill.space()
            if (closed) space.close()
            return space.create(use)
          }
        : undefined,
    close() {
      closed = true
      space?.close()
    },
  }
}
