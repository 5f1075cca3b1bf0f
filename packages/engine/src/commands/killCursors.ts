import type { Value } from '@gantry/bson'
import { type Arg, arg } from './args.js'
import { isAllowed } from './authorize.js'
import { command } from './command.js'
import { isOwner, notOwner } from './cursor-owner.js'
import { cursorId } from './getMore.js'

const cluster = { cluster: true } as const

const cursorIds: Arg<readonly bigint[]> = {
  read: (value, field) =>
    arg.array.read(value, field).map((id, i) => cursorId.read(id, `${field}.${i}`)),
}

/** Closes cursors before their end. */
export const killCursors = command({
  name: 'killCursors',
  help: 'Closes cursors before their end',
  access: 'authenticated',
  inTransaction: true,
  args: { killCursors: arg.collectionName, cursors: cursorIds },
  run(context, { cursors: ids }) {
    const { cursors } = context
    const cursorsKilled: Value[] = []
    const cursorsNotFound: Value[] = []
    for (const id of ids) {
      const cursor = cursors.get(id)
      if (cursor && !isOwner(context, cursor) && !isAllowed(context, 'killAnyCursor', cluster)) {
        throw notOwner(id)
      }
      const list = cursors.kill(id) ? cursorsKilled : cursorsNotFound
      list.push(id)
    }
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  },
})
