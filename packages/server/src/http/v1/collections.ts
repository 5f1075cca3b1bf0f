import { v1 } from '@gantry/api'
import { Double, decodeDocument, type RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { namespaceOf } from './namespace.js'
import { route } from './route.js'

export const collectionRoutes = [
  route(v1.getCollectionStats, ({ control, instance, params }) =>
    control.collections.stats(instance, namespaceOf(params, 'read')),
  ),
  route(v1.addIndex, async ({ control, instance, params, doc, noted }) => {
    const namespace = namespaceOf(params, 'write')
    const { field, direction } = readIndex(doc)
    await control.collections.createIndex(instance, namespace, field, direction)
    noted.index = `${field}_${direction}`
    return 'OK'
  }),
]

/** `{"index":{"key":FIELD,"sort":1|-1}}`, where `sort` may be left out. */
function readIndex(doc: RawValue): { field: string; direction: 1 | -1 } {
  const index = decodeDocument(doc.buf, doc.at).get('index')
  if (!(index instanceof Map)) throw new AppError('invalid', 'index must be a JSON object')
  const field = index.get('key')
  if (typeof field !== 'string' || field === '') {
    throw new AppError('invalid', 'index.key must be a non-empty string')
  }
  const sort = index.get('sort') ?? 1
  const direction = sort instanceof Double ? sort.value : sort
  if (direction !== 1 && direction !== -1) {
    throw new AppError('invalid', 'index.sort must be 1 or -1')
  }
  return { field, direction }
}
