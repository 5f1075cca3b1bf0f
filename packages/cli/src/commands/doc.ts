import { formatJson } from '@gantry/client'
import type { Invocation } from '../command.js'
import { readDocument } from '../document-input.js'
import { print } from '../output.js'
import { connect } from '../target.js'

export async function getDocuments(call: Invocation): Promise<void> {
  const query = call.optional('QUERY')
  const doc = query === undefined ? '{}' : readDocument('QUERY', query)
  const found = await connect(call).getDocuments({ ...namespaceOf(call), doc })
  print(call, found, () => found.map((each) => formatJson(each)).join('\n'))
}

export async function addDocument(call: Invocation): Promise<void> {
  const doc = readDocument('DOCUMENT', call.optional('DOCUMENT'))
  const stored = await connect(call).addDocument({ ...namespaceOf(call), doc })
  print(call, stored, () => formatJson(stored))
}

export async function updateDocument(call: Invocation): Promise<void> {
  const doc = readDocument('QUERY', call.argument('QUERY'))
  const set = readDocument('SET', call.argument('SET'))
  const n = await connect(call).updateDocument({ ...namespaceOf(call), doc, set })
  print(call, { n }, () => `${n === 1 ? '1 document' : `${n} documents`} updated`)
}

export async function deleteDocuments(call: Invocation): Promise<void> {
  const doc = readDocument('QUERY', call.argument('QUERY'))
  const n = await connect(call).deleteDocuments({ ...namespaceOf(call), doc })
  print(call, { n }, () => `${n === 1 ? '1 document' : `${n} documents`} deleted`)
}

function namespaceOf(call: Invocation) {
  return { db: call.argument('DB'), collection: call.argument('COLLECTION') }
}
