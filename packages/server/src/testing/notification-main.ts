/**
 * A server as far as notifications go, to be killed: sends one to the webhook at a URL, says so
 * when it is kept, and delivers when it is told to. Arguments: folder, project as JSON, URL, `start` or `wait`.
 */
import { join } from 'node:path'
import {
  type NotificationServices,
  type Notifications,
  openNotifications,
} from '../control/notifications/notifications.js'
import type { Project } from '../control/projects/project.js'
import { openSecrets } from '../control/secrets.js'
import { type State, stateIn } from '../control/state.js'
import { openEmbedded } from '../services/mongodb/embedded.js'

/** Notifications over the state in a folder, of a server that has nobody else. */
export async function openAlone(
  folder: string,
  record: NotificationServices['events']['record'],
): Promise<{ readonly notifications: Notifications; readonly state: State }> {
  const state = stateIn(await openEmbedded(join(folder, 'state')))
  const notifications = await openNotifications({
    state,
    secrets: await openSecrets(join(folder, 'secret.key'), true),
    server: 'one',
    log: { info() {}, warn() {}, error() {} },
    events: { record },
    members: { all: async () => [], byUsername: async () => undefined, rolesOf: () => [] },
    projects: { all: () => [] },
    teams: { get: () => undefined },
    settings: {
      smtpUrl: undefined,
      mailFrom: undefined,
      webhookTargets: 'any',
      slackUrl: '',
      pagerDutyUrl: '',
    },
    isOwners: () => true,
    now: Date.now,
  })
  return { notifications, state }
}

async function main([folder, projectText, webhookUrl, mode]: readonly string[]): Promise<void> {
  const project = JSON.parse(projectText) as Project
  const { notifications } = await openAlone(folder, () => {
    throw new Error('nothing is given up here')
  })
  if (mode === 'start') notifications.start('http://127.0.0.1')
  const [notification] = await notifications.check(project, [{ typeName: 'WEBHOOK', webhookUrl }])
  const alert = { id: 'a'.repeat(24), alertConfigId: 'c'.repeat(24) }
  const message = { kind: 'OPEN', alert, subject: 'Host is down', text: 'It is.' } as const
  await notifications.send({ project, notification, message })
  process.stdout.write('kept\n')
  // Until it is killed.
  setInterval(() => {}, 60_000)
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
