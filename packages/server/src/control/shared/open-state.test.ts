import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { accounts } from '../accounts/accounts.js'
import { firstStart } from '../first-start.js'
import { openState } from './open-state.js'

describe('the secret key of a data directory', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-state-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** What a server that is killed leaves behind, from before anything was sealed or later. */
  async function leave({ isUsed }: { isUsed: boolean }): Promise<void> {
    const { state, secrets } = await openState(undefined, folder)
    if (isUsed) {
      await state.prepare(accounts)
      await firstStart(folder, state, secrets, '5'.repeat(24))
    } else {
      await state.deleteAll({ collection: 'marks' }, {})
    }
    await state.close()
    rmSync(join(folder, 'secret.key'))
  }

  test('is made when the first start was cut off before it', async () => {
    await leave({ isUsed: false })
    const { state } = await openState(undefined, folder)
    await state.close()
  })

  test('is not made anew when something has been sealed with it', async () => {
    await leave({ isUsed: true })
    await assert.rejects(openState(undefined, folder), /secret\.key/)
  })
})
