import { v1 } from '@gantry/api'
import { namespaceOf } from './namespace.js'
import { route } from './route.js'

export const documentRoutes = [
  route(v1.addDocument, ({ control, instance, params, doc }) =>
    control.documents.save(instance, namespaceOf(params, 'write'), doc),
  ),
  route(v1.getDocuments, ({ control, instance, params, doc, resultLimit }) => {
    // One more than allowed shows that there are too many.
    const limit = resultLimit === 0 ? 0 : resultLimit + 1
    return control.documents.find(instance, namespaceOf(params, 'read'), doc, limit)
  }),
  route(v1.updateDocument, ({ control, instance, params, doc, set }) =>
    control.documents.update(instance, namespaceOf(params, 'write'), doc, set),
  ),
  route(v1.deleteDocuments, ({ control, instance, params, doc }) =>
    control.documents.delete(instance, namespaceOf(params, 'write'), doc),
  ),
]
