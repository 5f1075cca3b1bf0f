import type { Value } from '@gantry/bson'
import { arg } from './args.js'
import { isAllowed } from './authorize.js'
import { command } from './command.js'
import { isOwner, notOwner } from './cursor-owner.js'

const cluster = { cluster: true } as const

/** Closes cursors before their end. */
export const killCursors = command({
  name: 'killCursors',
  help: 'Closes cursors before their end',
  access: 'authenticated',
  inTransaction: true,
  args: { killCursors: arg.collectionName, cursors: arg.value },
  run(context, { cursors: ids }) {
    const { cursors } = context
    const cursorsKilled: Value[] = []
    const cursorsNotFound: Value[] = []
    for (const id of ids as bigint[]) {
      const cursor = cursors.get(BigInt(id))
      if (cursor && !isOwner(context, cursor) && !isAllowed(context, 'killAnyCursor', cluster)) {
        throw notOwner(BigInt(id))
      }
      const list = cursors.kill(BigInt(id)) ? cursorsKilled : cursorsNotFound
      list.push(id)
    }
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  },
})
