import type { JsonValue } from '@gantry/client'
import type { Invocation } from '../command.js'
import { formatBytes, print, renderTable } from '../output.js'
import { readPassword } from '../password.js'
import { connect } from '../target.js'

export async function listDatabases(call: Invocation): Promise<void> {
  const databases = await connect(call).listDatabases()
  print(call, databases, () =>
    renderTable(
      ['NAME', 'OBJECTS', 'DATA', 'STORAGE', 'INDEXES', 'INDEX SIZE'],
      databases.map(({ name, stats }) => [
        name,
        numberOr(stats.objects, '-'),
        bytes(stats.dataSize),
        bytes(stats.storageSize),
        numberOr(stats.indexes, '-'),
        bytes(stats.indexSize),
      ]),
    ),
  )
}

export async function addDatabase(call: Invocation): Promise<void> {
  const db = call.argument('DB')
  const user = call.argument('USER')
  const password = await readPassword(call.option('password-file'), `Password of ${user}: `)
  const result = await connect(call).addDatabase({ db, doc: { [user]: password } })
  print(call, result, () => `${db} is there, with the user ${user}`)
}

function bytes(value: JsonValue | undefined): string {
  return typeof value === 'number' ? formatBytes(value) : '-'
}

function numberOr(value: JsonValue | undefined, other: string): number | string {
  return typeof value === 'number' ? value : other
}
