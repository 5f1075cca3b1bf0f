import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileSink } from '../../backups/files.js'
import { AppError } from '../../errors.js'
import type { BackupContent, BackupCount } from '../../services/backup.js'
import type { RunningService, ServiceDriver, ServiceSpec } from '../../services/driver.js'
import { type Backup, pathOf, type Verification } from './backup.js'
import type { BackupServices } from './backup-services.js'
import { checkFiles, readManifest, withoutManifest } from './manifest.js'
import type { Progress } from './take-backup.js'

/**
 * Reads a backup again: the checksums of all files, and then a restore into a database of its
 * own, whose content is compared with what was read when the backup was made.
 */
export async function verifyBackup(
  services: BackupServices,
  backup: Backup,
  name: string,
  work: Progress,
): Promise<Verification> {
  const files = services.targets.of(backup).files(pathOf(backup))
  const { sizeBytes, content } = backup
  try {
    const manifest = await readManifest(files)
    let read = 0
    await checkFiles(files, manifest, (bytes) => {
      work.signal.throwIfAborted()
      read += bytes
      work.progress((read / Math.max(1, sizeBytes)) * 0.3)
    })
    const compared = content && (await compareRestored(services, backup, content, name, work))
    return { atMs: services.now(), ok: true, text: compared ?? 'the checksums of all files fit' }
  } catch (error) {
    if (work.signal.aborted) throw error
    const text = error instanceof Error ? error.message : String(error)
    return { atMs: services.now(), ok: false, text }
  }
}

async function compareRestored(
  services: BackupServices,
  backup: Backup,
  content: BackupContent,
  name: string,
  { signal, progress }: Progress,
): Promise<string> {
  const driver = scratchDriver(services, backup)
  if (!driver) {
    return `the checksums of all files fit; not restored, as this server runs no ${backup.service} of its own`
  }
  const folder = join(services.scratch, name)
  await rm(folder, { recursive: true, force: true })
  const scratch = await driver.start(scratchSpec(backup), { folder })
  try {
    const files = withoutManifest(services.targets.of(backup).files(pathOf(backup)))
    const { bytes } = content
    const report = await scratch.restore?.(files, {
      bytes,
      users: true,
      changes: false,
      signal,
      progress: (done) => progress(0.3 + done * 0.4),
    })
    const found = await contentOf(scratch, {
      signal,
      progress: (done) => progress(0.7 + done * 0.3),
    })
    const documents = compare(content.counts, found.counts)
    const warnings = report?.warnings ?? []
    const parts = `${content.counts.length} collections with ${documents} documents`
    return [`restored and compared: ${parts}, all as they were`, ...warnings].join('; ')
  } finally {
    await scratch.stop()
    await driver.destroy?.({ folder })
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** What a service holds, found out by a backup that is written nowhere. */
async function contentOf(service: RunningService, work: Progress): Promise<BackupContent> {
  const nowhere: FileSink = {
    async write(_name, content) {
      for await (const _chunk of content) work.signal.throwIfAborted()
    },
  }
  const how = { label: 'verification', layout: 'directory', gzip: false } as const
  const content = await service.backup?.(nowhere, { ...how, ...work })
  if (!content) throw new AppError('unsupported', 'this service cannot be read back')
  return content
}

/** What a service keeps of itself is different in each: users, for one, as there is one for the verification. */
const OF_ITSELF = /^(admin\.system\.|oplog$)/

/** Throws when something is missing or different; answers how many documents are the same. */
function compare(wanted: readonly BackupCount[], found: readonly BackupCount[]): number {
  const byName = new Map(found.map((count) => [count.name, count]))
  let documents = 0
  for (const { name, documents: number, bytes, sha256 } of wanted) {
    if (OF_ITSELF.test(name)) continue
    const there = byName.get(name)
    if (!there) throw new AppError('invalid', `${name} is missing after a restore`)
    if (there.documents !== number || there.bytes !== bytes) {
      const is = `${there.documents} documents with ${there.bytes} bytes`
      throw new AppError(
        'invalid',
        `${name} has ${is} after a restore, not ${number} with ${bytes}`,
      )
    }
    if (sha256 !== undefined && there.sha256 !== undefined && sha256 !== there.sha256) {
      throw new AppError('invalid', `${name} has other content after a restore`)
    }
    documents += number
  }
  return documents
}

/** A MongoDB backup is tried in the embedded engine, wherever it comes from. */
function scratchDriver(
  { drivers }: BackupServices,
  { service }: Backup,
): ServiceDriver | undefined {
  return drivers[service].embedded ?? drivers[service].managed
}

function scratchSpec({ instanceType, plan }: Backup): ServiceSpec {
  const user = 'verification'
  const password = 'of a database that nobody else reaches'
  return { type: instanceType, version: '', plan, settings: {}, user, password }
}
