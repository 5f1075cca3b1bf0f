/**
 * A node of a stand-in distribution, run as one of a real distribution is: what it gets to
 * know stands in its settings file, the one argument.
 */
import { readFileSync } from 'node:fs'
import { openRecordedCluster } from './recorded-cluster.js'

const settings = readFileSync(process.argv[2], 'utf8')
const port = Number(/^http\.port: (\d+)$/m.exec(settings)?.[1])
const node = { family: 'elasticsearch', version: '8.15.0', security: false } as const
await openRecordedCluster(node, port)
console.log(`started node on port ${port}`)
