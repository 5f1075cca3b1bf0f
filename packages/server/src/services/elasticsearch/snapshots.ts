/**
 * Snapshots of a managed cluster. Nodes may write only below a folder that their settings
 * name, so a snapshot is made there, in a repository of its own, and then moved away whole.
 */
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { ElasticsearchClient, JsonObject } from './connect.js'

/** The name of the one snapshot in a repository of ours. */
const SNAPSHOT = 'gantry'
/** What restores what it does not hold anyway: indices of the cluster's own. */
const USER_INDICES = '*,-.*'

/** Writes a snapshot of all indices into a folder that is there and empty. */
export async function snapshotInto(
  client: ElasticsearchClient,
  snapshots: string,
  folder: string,
): Promise<void> {
  const place = join(snapshots, new ObjectId().toHexString())
  await withRepository(client, place, async (repository) => {
    const query = { wait_for_completion: 'true' }
    const body = { indices: USER_INDICES, include_global_state: false }
    const path = `/_snapshot/${repository}/${SNAPSHOT}`
    const { snapshot } = await client.request('PUT', path, { query, body })
    const { state } = snapshot as JsonObject
    if (state !== 'SUCCESS') {
      throw new AppError('unavailable', `the snapshot is not complete: its state is ${state}`)
    }
  })
  await cp(place, folder, { recursive: true })
  await rm(place, { recursive: true })
}

/** Replaces all indices by those of a snapshot. */
export async function restoreFolder(
  client: ElasticsearchClient,
  snapshots: string,
  folder: string,
): Promise<void> {
  const place = join(snapshots, new ObjectId().toHexString())
  const arriving = `${place}.arriving`
  await cp(folder, arriving, { recursive: true })
  await rename(arriving, place)
  try {
    await withRepository(client, place, async (repository) => {
      for (const index of await userIndices(client)) {
        await client.request('DELETE', `/${encodeURIComponent(index)}`)
      }
      const query = { wait_for_completion: 'true' }
      const body = { indices: USER_INDICES, include_global_state: false }
      await client.request('POST', `/_snapshot/${repository}/${SNAPSHOT}/_restore`, { query, body })
    })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

async function withRepository(
  { request }: ElasticsearchClient,
  location: string,
  use: (repository: string) => Promise<void>,
): Promise<void> {
  await mkdir(location, { recursive: true, mode: 0o700 })
  const repository = `gantry-${new ObjectId().toHexString()}`
  const body = { type: 'fs', settings: { location, compress: true } }
  await request('PUT', `/_snapshot/${repository}`, { body })
  try {
    await use(repository)
  } finally {
    await request('DELETE', `/_snapshot/${repository}`)
  }
}

async function userIndices({ request }: ElasticsearchClient): Promise<string[]> {
  const { indices } = await request('GET', '/_stats')
  return Object.keys((indices ?? {}) as JsonObject).filter((index) => !index.startsWith('.'))
}
