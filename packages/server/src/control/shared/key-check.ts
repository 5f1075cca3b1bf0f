/**
 * Servers that share a state must have the same secret key: with another one they could open
 * nothing that the others have sealed. The state holds a value that only the right key makes.
 */
import { rm } from 'node:fs/promises'
import { isThere } from '../../data-dir/private-file.js'
import { AppError } from '../../errors.js'
import { openSecrets, type Secrets } from '../secrets.js'
import { type State, type Table, textIn } from '../state.js'

interface KeyMark {
  readonly mark: string
}

const ID = 'secret key'

const keyMarks: Table<KeyMark> = {
  collection: 'marks',
  write: ({ mark }) => ({ _id: ID, mark }),
  read: (doc) => ({ mark: textIn(doc, 'mark') }),
}

/**
 * Opens the key in a file and makes sure that it is the state's. The file is made when the
 * state was never used with any key and `mayCreate` says so. Rejects with `unavailable`, and
 * what to copy, when the state belongs to another key.
 */
export async function openKeyOf(state: State, path: string, mayCreate: boolean): Promise<Secrets> {
  const known = await state.find(keyMarks, { _id: ID })
  const isNew = !(await isThere(path))
  if (isNew && known) throw otherKey(path, 'is not there')
  const secrets = await openSecrets(path, mayCreate)
  const mark = secrets.lookupHash(ID)
  const kept = known ?? (await keep(state, mark))
  if (kept.mark === mark) return secrets
  // Another server was the first, a moment before us; this key has sealed nothing yet.
  if (isNew) await rm(path)
  throw otherKey(path, 'is another one')
}

async function keep(state: State, mark: string): Promise<KeyMark> {
  try {
    await state.insert(keyMarks, { mark })
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'conflict')) throw error
  }
  return (await state.find(keyMarks, { _id: ID })) ?? { mark }
}

function otherKey(path: string, what: string): AppError {
  return new AppError(
    'unavailable',
    `the state was made with a secret key, and ${path} ${what}: copy secret.key from the data directory of a server that uses this state to ${path}, readable by its owner only, and start again`,
  )
}
