import { join } from 'node:path'
import { isThere } from '../../data-dir/private-file.js'
import { openEmbedded } from '../../services/mongodb/embedded.js'
import { openRemote } from '../../services/mongodb/remote.js'
import {
  type ChangeListener,
  type ChangeWatch,
  watchChanges,
} from '../../services/mongodb/remote-changes.js'
import { databaseIn } from '../../services/mongodb/remote-uri.js'
import { accounts } from '../accounts/accounts.js'
import type { Secrets } from '../secrets.js'
import { STATE_DB, type State, stateIn } from '../state.js'
import { openKeyOf } from './key-check.js'

export interface OpenState {
  readonly state: State
  readonly secrets: Secrets
  /** Tells of what other servers change; undefined where there can be none. */
  readonly watch: ((listener: ChangeListener) => ChangeWatch) | undefined
}

/**
 * Opens the state at a URI, or the embedded one of a data directory when there is none, with
 * the secret key in the data directory.
 */
export async function openState(uri: string | undefined, dataDir: string): Promise<OpenState> {
  const keyFile = join(dataDir, 'secret.key')
  if (uri === undefined) {
    const folder = join(dataDir, 'system')
    const wasThere = await isThere(folder)
    const state = stateIn(await openEmbedded(folder))
    // Without an account the first start has been cut off before it had sealed anything.
    const isNew = !wasThere || (await state.count(accounts, {})) === 0
    return { state, secrets: await openWith(state, keyFile, isNew), watch: undefined }
  }
  const remote = await openRemote(uri)
  const db = databaseIn(uri) ?? STATE_DB
  const state = stateIn(remote, db)
  const secrets = await openWith(state, keyFile, true)
  return { state, secrets, watch: (listener) => watchChanges(remote, db, listener) }
}

async function openWith(state: State, keyFile: string, mayCreate: boolean): Promise<Secrets> {
  try {
    return await openKeyOf(state, keyFile, mayCreate)
  } catch (error) {
    await state.close()
    throw error
  }
}
