import { decodeDocument } from '@gantry/bson'
import type { Deployment } from '../deployment.js'

/** The version of MongoDB that a deployment says it is. */
export async function serverVersionOf(deployment: Deployment): Promise<string> {
  const reply = decodeDocument(await deployment.command('admin', { buildInfo: 1 }))
  return String(reply.get('version') ?? '')
}
