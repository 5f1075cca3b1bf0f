import { CommandError } from '../errors.js'
import { arg } from './args.js'
import { command } from './command.js'
import { checkCollectionName } from './namespace.js'

/** A member of a replica set does not build its indexes anew, so this always fails, as it does there. */
export const reIndex = command({
  name: 'reIndex',
  help: 'Fails, as on every member of a replica set',
  access: { action: 'reIndex', on: 'collection' },
  args: { reIndex: arg.collectionName },
  run({ db }, { reIndex: name }) {
    checkCollectionName(db, name)
    throw new CommandError(
      'IllegalOperation',
      `reIndex is only allowed on a standalone mongod instance. Cannot reIndex collection '${db}.${name}' while replication is active`,
    )
  },
})
