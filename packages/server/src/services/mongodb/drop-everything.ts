import { decodeDocument } from '@gantry/bson'
import type { Deployment } from '../deployment.js'

/** Drops all databases, but of those that a server needs for itself only what is not its own. */
export async function dropEverything(deployment: Deployment): Promise<void> {
  const reply = decodeDocument(
    await deployment.command('admin', { listDatabases: 1, nameOnly: true }),
  )
  const databases = reply.get('databases')
  for (const database of Array.isArray(databases) ? databases : []) {
    const name = database instanceof Map ? database.get('name') : undefined
    if (typeof name !== 'string' || name === 'local' || name === 'config') continue
    if (name === 'admin') await dropCollections(deployment, name)
    else await deployment.command(name, { dropDatabase: 1 })
  }
}

async function dropCollections(deployment: Deployment, db: string): Promise<void> {
  const names: string[] = []
  for await (const batch of deployment.batches(db, { listCollections: 1, nameOnly: true })) {
    for (const { buf, at } of batch) names.push(String(decodeDocument(buf, at).get('name')))
  }
  for (const name of names.filter((name) => !name.startsWith('system.'))) {
    await deployment.command(db, { drop: name })
  }
}
