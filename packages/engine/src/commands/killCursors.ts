import type { Value } from '@gantry/bson'
import { arg } from './args.js'
import { command } from './command.js'

/** Closes cursors before their end. */
export const killCursors = command({
  name: 'killCursors',
  help: 'Closes cursors before their end',
  access: 'authenticated',
  inTransaction: true,
  args: { killCursors: arg.collectionName, cursors: arg.value },
  run({ cursors }, { cursors: ids }) {
    const cursorsKilled: Value[] = []
    const cursorsNotFound: Value[] = []
    for (const id of ids as bigint[]) {
      const list = cursors.kill(BigInt(id)) ? cursorsKilled : cursorsNotFound
      list.push(id)
    }
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  },
})
