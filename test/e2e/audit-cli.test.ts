import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runGantry } from '../support/gantry-command.js'
import { type GantryProcess, startGantry } from '../support/gantry-process.js'
import { type PublicClient, publicClients } from '../support/public-clients.js'

interface Shown {
  readonly eventTypeName: string
  readonly [field: string]: unknown
}

describe('what gantry changes', () => {
  let gantry: GantryProcess
  let client: PublicClient
  let home: string
  before(async () => {
    gantry = await startGantry()
    home = mkdtempSync(join(tmpdir(), 'gantry-audit-'))
    const kind = publicClients.find(({ missing }) => missing === undefined)
    assert.ok(kind)
    client = kind.open()
  })
  after(async () => {
    await client.close()
    await gantry.stop()
    rmSync(home, { recursive: true })
  })

  async function get(path: string) {
    const url = `${gantry.url}/api/public/v1.0${path}`
    const { status, text } = await client.call(gantry.credentials(), 'GET', url)
    assert.equal(status, 200, text)
    return JSON.parse(text)
  }

  test('is in the audit log, with who and from where', async () => {
    const { url, login, password, apiKey } = gantry.credentials()
    const env = { GANTRY_CONFIG_FILE: join(home, 'config.json') }
    const run = async (args: readonly string[], input = '', more = {}) => {
      const { code, stderr } = await runGantry(args, { env: { ...env, ...more }, input })
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    }
    const direct = { GANTRY_URL: url, GANTRY_API_KEY: apiKey }
    await run(['acl', 'add', '192.0.2.0/24', 'office'], '', direct)
    await run(['acl', 'delete', '192.0.2.0/24'], '', direct)
    await run(['login', '--url', url, '--login', login], `${password}\n`)
    await run(['instance', 'create', 'shop', '--plan', '5', '--no-wait'])
    await run(['instance', 'rename', 'shop', 'store'])
    await run(['backup', 'schedule', '--instance', 'store', '--at', '04:00'])
    const group = (await get('/groups')).results[0].id
    const events: Shown[] = (await get(`/groups/${group}/events?includeRaw=true`)).results
    const done = events.filter(({ userId }) => userId !== undefined).reverse()
    assert.deepEqual(
      done.map(({ eventTypeName, raw }) => [
        eventTypeName,
        (raw as { clusterName: string }).clusterName,
      ]),
      [
        ['NETWORK_PERMISSION_ENTRY_ADDED', 'default'],
        ['NETWORK_PERMISSION_ENTRY_REMOVED', 'default'],
        ['INSTANCE_CREATED', 'shop'],
        ['INSTANCE_RENAMED', 'store'],
        ['SNAPSHOT_SCHEDULE_UPDATED_AUDIT', 'store'],
      ],
    )
    for (const { username, remoteAddress } of done) {
      assert.deepEqual([username, remoteAddress], [login, '127.0.0.1'])
    }
    assert.equal(done[0].whitelistEntry, '192.0.2.0/24')
  })
})
