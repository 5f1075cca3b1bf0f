import { loadByCollection, type SortColumn, sortOperations } from './operations.js'
import { statRecord } from './stat-line.js'
import { type Look, renderPlain, renderTop } from './top-view.js'
import type { View } from './view.js'

/** An instance by its operations. */
export function mongodbView(look: Look): View {
  return {
    hasRates: look.rates !== undefined,
    render: (shown, size) => renderTop(look, shown, size),
    plain: (shown) => renderPlain(look, shown),
    record: (sort) => record(look, sort),
  }
}

function record({ sample, rates, operations }: Look, sort: SortColumn) {
  const { residentMiB, virtualMiB } = sample
  return {
    ...(rates && statRecord({ name: '', sample, rates })),
    memory: { residentMiB, virtualMiB },
    collections: operations && loadByCollection(operations).map((load) => ({ ...load })),
    operations:
      operations && sortOperations(operations, sort, false).map((operation) => ({ ...operation })),
  }
}
