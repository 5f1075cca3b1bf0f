import { type Doc, encodeDocument } from '@gantry/bson'
import { documentText } from '../element-text.js'
import type { Access } from '../plan/access.js'

/** An access path in a word or two, as logs and profiles show it. */
export function planSummary(access: Access): string {
  switch (access.kind) {
    case 'nothing':
      return 'EOF'
    case 'collection':
      return 'COLLSCAN'
    case 'id':
      return 'IDHACK'
    case 'index':
      return `IXSCAN ${documentText(encodeDocument(access.index.spec.get('key') as Doc), 0)}`
    case 'or':
      return access.branches.map(planSummary).join(', ')
  }
}
