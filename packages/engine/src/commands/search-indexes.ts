import { searchNotEnabled } from '../aggregate/stages/listSearchIndexes.js'
import type { Action } from '../auth/actions.js'
import { arg } from './args.js'
import { command } from './command.js'

function refused(name: string, action: Action) {
  return command({
    name,
    help: 'Needs a search service, which is not there',
    access: { action, on: 'collection' },
    args: { [name]: arg.collectionName },
    takesAnything: true,
    run() {
      throw searchNotEnabled()
    },
  })
}

/** These are there to say that search is not. */
export const createSearchIndexes = refused('createSearchIndexes', 'createSearchIndexes')
export const dropSearchIndex = refused('dropSearchIndex', 'dropSearchIndex')
export const updateSearchIndex = refused('updateSearchIndex', 'updateSearchIndex')
