import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type HttpReceiver, openHttpReceiver } from '../../testing/http-receiver.js'
import { openAlone } from '../../testing/notification-main.js'
import type { Project } from '../projects/project.js'
import { deliveryTable } from './delivery.js'

const program = fileURLToPath(new URL('../../testing/notification-main.js', import.meta.url))
const project: Project = {
  id: '1'.repeat(24),
  name: 'shop',
  org: '2'.repeat(24),
  tags: [],
  createdMs: 0,
}

describe('a notification outlives a server that is killed', () => {
  let folder: string
  let receiver: HttpReceiver
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-notification-kill-'))
    receiver = await openHttpReceiver()
  })
  afterEach(async () => {
    await receiver.close()
    rmSync(folder, { recursive: true })
  })

  const moments = [
    ['as soon as it has said that it is kept', 'wait', 0],
    ['while the receiver thinks', 'start', 1],
  ] as const
  for (const [moment, mode, arrived] of moments) {
    test(`${moment}: the next one delivers it at once, under the same id`, async () => {
      receiver.answers = ['silent']
      const args = [program, folder, JSON.stringify(project), `${receiver.url}/hook`, mode]
      const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(server, 'exit')
      try {
        const [said] = await Promise.race([once(server.stdout, 'data'), exit])
        assert.equal(String(said), 'kept\n')
        await receiver.until(arrived)
      } finally {
        server.kill('SIGKILL')
      }
      const [, signal] = await exit
      assert.equal(signal, 'SIGKILL')
      receiver.answers = [{ status: 200 }]
      const { notifications, state } = await openAlone(folder, () => {
        throw new Error('nothing is given up here')
      })
      try {
        const [kept] = await state.list(deliveryTable)
        await notifications.work()
        const ids = receiver.received.map(({ headers }) => headers['x-gantry-delivery'])
        assert.deepEqual(ids, new Array(arrived + 1).fill(kept.id))
        assert.deepEqual(await state.list(deliveryTable), [])
      } finally {
        await notifications.stop()
        await state.close()
      }
    })
  }
})
