import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../errors.js'

/**
 * Makes a folder, and those that it is in, for the agent's user alone. Rejects with
 * `unavailable` where that cannot be.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeWithParents(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new AppError(
      'unavailable',
      `the folder ${path} cannot be made (${code}): make it, for the user that the agent runs as, or give another`,
    )
  }
}

/** The recursive `mkdir` of Node.js tries for ever where nothing can be made, as below /proc. */
async function makeWithParents(path: string): Promise<void> {
  const make = () =>
    mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  try {
    await make()
  } catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error
    await makeWithParents(parent)
    await make()
  }
}
