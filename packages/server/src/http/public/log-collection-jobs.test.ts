import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { Credentials } from '../../testing/digest-client.js'
import { openPublicApp, type PublicApp } from '../../testing/public-app.js'

const run = promisify(execFile)
const DAY_MS = 24 * 3_600_000

describe('log collection jobs of the Public API', () => {
  let app: PublicApp
  let group: string
  let jobs: string
  let host: { id: string; hostname: string; port: number; clusterId: string }
  before(async () => {
    app = await openPublicApp()
    group = (await app.get('/groups')).results[0].id
    jobs = `/groups/${group}/logCollectionJobs`
    const [instance] = app.control.instances.all()
    await app.control.instances.reachedAt(instance, { host: '127.0.0.1', port: 27017 })
    host = (await app.get(`/groups/${group}/hosts`)).results[0]
  })
  after(() => app.close())

  const order = () => ({
    resourceType: 'cluster',
    resourceName: 'default',
    sizeRequestedPerFileBytes: 1_000_000,
    logTypes: ['MONGODB'],
    redacted: false,
  })

  async function collect(changes = {}): Promise<string> {
    const { json } = await app.call('POST', jobs, { body: { ...order(), ...changes }, status: 201 })
    assert.deepEqual(Object.keys(json), ['id', 'links'])
    const [task] = await app.control.tasks.list({ kind: 'logs.collect' }, 1)
    await app.control.tasks.finished(task.id)
    return json.id
  }

  /** The files of an archive. */
  function unpacked(archive: Buffer): Map<string, string> {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-unpacked-'))
    writeFileSync(join(folder, 'a.tar.gz'), archive)
    execFileSync('tar', ['-xzf', 'a.tar.gz'], { cwd: folder })
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
      .map((entry) => join(entry.parentPath, entry.name))
    const contents = files.map(
      (path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')] as const,
    )
    rmSync(folder, { recursive: true })
    return new Map(contents)
  }

  async function downloaded(id: string): Promise<Map<string, string>> {
    return unpacked((await app.call('GET', `${jobs}/${id}/download`, { status: 200 })).bytes)
  }

  test('the log of a cluster is collected, told of and downloaded', async () => {
    const id = await collect({ logTypes: ['MONGODB', 'FTDC', 'AUTOMATION_AGENT'] })
    const job = await app.get(`${jobs}/${id}?verbose=true`)
    assert.equal(job.status, 'SUCCESS')
    assert.equal(job.resourceType, 'cluster')
    assert.deepEqual([job.rootResourceName, job.rootResourceType], ['default', 'replicaset'])
    assert.equal('logCollectionFromDate' in job, false)
    assert.equal(Date.parse(job.expirationDate) - Date.parse(job.creationDate), 30 * DAY_MS)
    assert.equal(job.downloadUrl, `${app.base}${jobs}/${id}/download`)
    const children = job.childJobs as { [name: string]: unknown }[]
    assert.deepEqual(
      children.map(({ logCollectionType, status, hostName }) => [
        logCollectionType,
        status,
        hostName,
      ]),
      [
        ['MONGODB', 'SUCCESS', `${host.hostname}:${host.port}`],
        ['FTDC', 'FAILED', `${host.hostname}:${host.port}`],
        ['AUTOMATION_AGENT', 'FAILED', host.hostname],
      ],
    )
    assert.match(String(children[1].errorMessage), /not collected here/)
    const files = await downloaded(id)
    assert.deepEqual([...files.keys()], [children[0].path])
    const [text] = files.values()
    assert.ok(text.length > 0)
    assert.equal(Buffer.byteLength(text), job.uncompressedSizeTotalBytes)
    for (const line of text.trim().split('\n')) assert.ok(JSON.parse(line).msg)
    const plain = await app.get(`${jobs}/${id}`)
    assert.equal('childJobs' in plain, false)
    const [listed] = (await app.get(`${jobs}?verbose=true`)).results
    assert.deepEqual([listed.id, listed.childJobs.length], [id, 3])
  })

  const skip =
    spawnSync('curl', ['--version']).status !== 0 &&
    'NOT TESTED, as there is no curl. To have it: apt-get install curl'
  test('curl downloads with Digest', { skip }, async () => {
    const id = await collect()
    const { publicKey, privateKey } = app.owner
    const args = ['--silent', '--fail', '--digest', '--user', `${publicKey}:${privateKey}`]
    const url = `${app.base}${jobs}/${id}/download`
    const { stdout } = await run('curl', [...args, url], { encoding: 'buffer' })
    assert.deepEqual(unpacked(stdout), await downloaded(id))
  })

  test('HEAD of a download is its GET without the bytes', async () => {
    const id = await collect()
    const path = `${jobs}/${id}/download`
    const head = await app.call('HEAD', path, { status: 200 })
    const get = await app.call('GET', path, {
      headers: { accept: 'application/gzip' },
      status: 200,
    })
    assert.equal(head.text, '')
    for (const name of ['content-type', 'content-length', 'content-disposition']) {
      assert.ok(get.headers[name], name)
      assert.equal(head.headers[name], get.headers[name], name)
    }
    assert.equal(get.headers['content-type'], 'application/gzip')
  })

  test('a redacted log, and the last bytes of one', async () => {
    const [, plain] = [...(await downloaded(await collect()))][0]
    const [, redacted] = [...(await downloaded(await collect({ redacted: true })))][0]
    const value = `${host.port}`
    const attributes = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.stringify(JSON.parse(line).attr ?? {}))
        .join('\n')
    assert.match(attributes(plain), /\d/)
    assert.doesNotMatch(attributes(redacted).replaceAll('"###"', ''), /:"[^"]|:\d/)
    assert.ok(!attributes(redacted).includes(value))
    const last = `${plain.trim().split('\n').at(-1)}\n`
    const sizeRequestedPerFileBytes = Buffer.byteLength(last) + 5
    const [, end] = [...(await downloaded(await collect({ sizeRequestedPerFileBytes })))][0]
    assert.ok(Buffer.byteLength(end) <= sizeRequestedPerFileBytes)
    assert.equal(end.trim().split('\n').length, 1)
  })

  test('by process, replica set and id; dates as text, seconds or milliseconds', async () => {
    const ends = Date.UTC(2090, 0, 1)
    const { replicaSetName } = await app.get(`/groups/${group}/hosts/${host.id}`)
    for (const changes of [
      { resourceType: 'PROCESS', resourceName: `${host.hostname}:${host.port}` },
      { resourceType: 'process', resourceName: host.id },
      { resourceType: 'replicaset', resourceName: replicaSetName },
      { resourceName: host.clusterId, logCollectionToDate: '2090-01-01' },
      { logCollectionFromDate: 1_000_000, logCollectionToDate: ends / 1000 },
      { logCollectionToDate: ends },
    ]) {
      const job = await app.get(`${jobs}/${await collect(changes)}`)
      assert.equal(job.status, 'SUCCESS', JSON.stringify(changes))
      if ('logCollectionToDate' in changes) assert.equal(job.logCollectionToDate, ends)
      if ('logCollectionFromDate' in changes) assert.equal(job.logCollectionFromDate, 1_000_000_000)
    }
    const none = await collect({ logCollectionFromDate: ends })
    assert.equal([...(await downloaded(none)).values()][0], '')
  })

  test('what is wrong with a request is said', async () => {
    for (const [changes, code, status] of [
      [{ sizeRequestedPerFileBytes: 0 }, 'INVALID_LOG_REQUEST_SIZE', 400],
      [{ sizeRequestedPerFileBytes: -1 }, 'INVALID_LOG_REQUEST_SIZE', 400],
      [{ logTypes: [] }, 'INVALID_LOG_REQUEST_TYPES', 400],
      [{ logTypes: ['OTHER'] }, 'INVALID_LOG_REQUEST_TYPES', 400],
      [{ resourceType: 'disk' }, 'INVALID_ENUM_VALUE', 400],
      [{ resourceName: 'none' }, 'RESOURCE_NOT_FOUND_FOR_JOB', 400],
      [{ logCollectionFromDate: 20, logCollectionToDate: 10 }, 'INVALID_DATE_RANGE', 400],
      [{ logCollectionFromDate: 'monday' }, 'INVALID_DATE_FORMAT', 400],
      [{ redacted: undefined }, 'MISSING_ATTRIBUTE', 400],
      [{ more: 1 }, 'INVALID_ATTRIBUTE', 400],
    ] as const) {
      const reply = await app.call('POST', jobs, { body: { ...order(), ...changes } })
      assert.deepEqual([reply.json.errorCode, reply.status], [code, status], reply.text)
    }
    for (const [id, code] of [
      ['x', 'INVALID_LOG_COLLECTION_JOB_ID'],
      ['0'.repeat(24), 'LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP'],
    ]) {
      for (const path of [`${jobs}/${id}`, `${jobs}/${id}/download`]) {
        const reply = await app.call('GET', path, { status: 404 })
        assert.equal(reply.json.errorCode, code)
      }
    }
  })

  test('who only reads sees jobs and neither makes nor downloads them', async () => {
    const body = { desc: 'k', roles: ['GROUP_READ_ONLY'] }
    const { json } = await app.call('POST', `/groups/${group}/apiKeys`, { body, status: 201 })
    const as: Credentials = { publicKey: json.publicKey, privateKey: json.privateKey }
    const id = await collect()
    await app.call('GET', `${jobs}/${id}`, { as, status: 200 })
    await app.call('GET', `${jobs}/${id}/download`, { as, status: 401 })
    await app.call('POST', jobs, { as, body: order(), status: 401 })
    await app.call('DELETE', `${jobs}/${id}`, { as, status: 401 })
  })

  test('one that cannot reach its process fails, says why and is begun anew', async () => {
    const dead = { hostname: '127.0.0.1', port: 1 }
    await app.call('POST', `/groups/${group}/hosts`, { body: dead, status: 201 })
    const process = { resourceType: 'process', resourceName: '127.0.0.1:1' }
    const id = await collect(process)
    const job = await app.get(`${jobs}/${id}?verbose=true`)
    assert.equal(job.status, 'FAILED')
    assert.ok(job.childJobs[0].errorMessage)
    assert.equal('downloadUrl' in job, false)
    const good = await collect()
    const refused = await app.call('PUT', `${jobs}/${good}/retry`, { status: 400 })
    assert.equal(refused.json.errorCode, 'ONLY_FAILED_JOB_CAN_BE_RESTARTED')
    await app.call('PUT', `${jobs}/${id}/retry`, { status: 200 })
    const inProgress = await app.call('GET', `${jobs}/${id}/download`)
    const [task] = await app.control.tasks.list({ kind: 'logs.collect' }, 1)
    await app.control.tasks.finished(task.id)
    assert.ok([200, 403].includes(inProgress.status))
    assert.equal((await app.get(`${jobs}/${id}`)).status, 'FAILED')
  })

  test('one is kept for a month, longer when that is asked for, and half a year at most', async () => {
    const id = await collect()
    const patch = async (expirationDate: number, status: number) => {
      const body = { expirationDate: new Date(expirationDate).toISOString() }
      return (await app.call('PATCH', `${jobs}/${id}`, { body, status })).json
    }
    const created = app.clock.now
    assert.equal((await patch(created - 1000, 400)).errorCode, 'EXPIRATION_DATE_MUST_BE_IN_FUTURE')
    assert.equal(
      (await patch(created + 190 * DAY_MS, 400)).errorCode,
      'EXPIRATION_DATE_TOO_DISTANT',
    )
    const until = created + 60 * DAY_MS
    const kept = await patch(until, 200)
    assert.equal(Date.parse(kept.expirationDate), Math.floor(until / 1000) * 1000)
    const echoed = { ...(await app.get(`${jobs}/${id}`)), expirationDate: kept.expirationDate }
    await app.call('PATCH', `${jobs}/${id}`, { body: echoed, status: 200 })
    const [{ expiresMs }] = app.control.logJobs.list(group)
    app.clock.now = expiresMs - 1
    assert.equal((await app.get(`${jobs}/${id}`)).status, 'SUCCESS')
    app.clock.now = expiresMs
    const over = await app.get(`${jobs}/${id}`)
    assert.deepEqual([over.status, over.downloadUrl], ['MARKED_FOR_EXPIRY', undefined])
    for (const [method, path, body, code] of [
      ['GET', '/download', undefined, 'CANNOT_DOWNLOAD_EXPIRED_JOB'],
      [
        'PATCH',
        '',
        { expirationDate: new Date(expiresMs + DAY_MS).toISOString() },
        'CANNOT_EXTEND_EXPIRED_JOB',
      ],
    ] as const) {
      const reply = await app.call(method, `${jobs}/${id}${path}`, { body, status: 403 })
      assert.equal(reply.json.errorCode, code)
    }
    const [job] = app.control.logJobs.list(group)
    const archive = await app.control.logJobs.archive(job)
    assert.ok(archive)
    archive.body.destroy()
    await app.control.logJobs.sweep(app.clock.now)
    assert.equal((await app.get(`${jobs}/${id}`)).status, 'EXPIRED')
    assert.equal(await app.control.logJobs.archive(job), undefined)
    await app.control.logJobs.sweep(app.clock.now + 31 * DAY_MS)
    await app.call('GET', `${jobs}/${id}`, { status: 404 })
  })

  test('a deleted job takes its archive with it, and the audit log has all that was done', async () => {
    const id = await collect()
    const job = app.control.logJobs.get(group, id)
    assert.ok(job)
    await app.call('DELETE', `${jobs}/${id}`, { status: 200 })
    await app.call('GET', `${jobs}/${id}`, { status: 404 })
    assert.equal(await app.control.logJobs.archive(job), undefined)
    const types = 'eventType=LOG_COLLECTION_REQUESTED_AUDIT&eventType=LOG_COLLECTION_DELETED_AUDIT'
    const events = (
      await app.get(`/groups/${group}/events?${types}&itemsPerPage=2&includeRaw=true`)
    ).results
    assert.deepEqual(
      events.map((event: { eventTypeName: string; raw: { job: string } }) => [
        event.eventTypeName,
        event.raw.job,
      ]),
      [
        ['LOG_COLLECTION_DELETED_AUDIT', id],
        ['LOG_COLLECTION_REQUESTED_AUDIT', id],
      ],
    )
  })

  test('of very many archives the oldest goes for another', async () => {
    for (let i = 0; i < 51; i++) await collect({ logTypes: ['FTDC'] })
    const kept = app.control.logJobs.list(group).filter(({ isExpired }) => !isExpired)
    assert.equal(kept.length, 50)
  })
})
