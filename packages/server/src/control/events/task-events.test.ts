import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openTestApp, type TestApp } from '../../testing/test-app.js'

describe('events of tasks', () => {
  let app: TestApp
  before(async () => {
    app = await openTestApp()
  })
  after(() => app.close())

  test('what Gantry does in the background tells how it ended', async () => {
    const { control } = app
    const [instance] = control.instances.all()
    await control.members.meet([instance.account])
    const groupId = control.projects.ofAccount(instance.account)?.id
    const told: string[] = []
    control.events.watch(({ eventTypeName }) => void told.push(eventTypeName))
    const { backup, task } = await control.backups.create(instance, {})
    await control.tasks.finished(task.id)
    const removal = await control.backups.remove(await control.backups.get(instance, backup.id))
    await control.tasks.finished(removal.id)
    const again = await control.tasks.create({ ...task, kind: 'backup', args: { backup: 'none' } })
    assert.equal((await control.tasks.finished(again.id)).state, 'failed')
    // Its event is written down behind the end of the task.
    while (told.length < 3) await new Promise(setImmediate)
    const events = await control.events.list({ groupId }, 0, 10)
    assert.deepEqual(
      events.map(({ eventTypeName, facts }) => [eventTypeName, facts.task, facts.clusterName]),
      [
        ['BACKUP_JOB_FAILED', 'backup', 'default'],
        ['TASK_SUCCEEDED', 'backup.remove', undefined],
        ['TASK_SUCCEEDED', 'backup', 'default'],
      ],
    )
    assert.ok(events[0].facts.error)
    assert.equal(events[0].facts.userId, undefined)
  })
})
