import { createSorter } from '../../plan/sorter.js'
import { compileSortKey, parseSortPattern, type SortPattern } from '../sort-pattern.js'
import type { Stage, StageParser } from '../stage.js'
import { blocking } from '../stream.js'

export const sort: StageParser = (argument) => sortStage(parseSortPattern(argument))

/** With a limit only so many documents are kept. */
export function sortStage(pattern: SortPattern, limit?: number): Stage {
  const key = compileSortKey(pattern)
  return {
    name: '$sort',
    sort: pattern,
    limit,
    open: (input, services) => {
      const sorter = createSorter(
        (buf, doc) => Buffer.from(key(buf, doc)),
        limit ?? 0,
        services.memory,
      )
      // Numbers in place of record ids keep documents with equal keys in the order they came.
      let count = 0
      return blocking(
        input,
        services.overdue,
        (doc) => sorter.add(count++, doc),
        function* () {
          const sorted = sorter.finish()
          let left = limit ?? Infinity
          for (let step = sorted.next(); !step.done && left > 0; step = sorted.next(), left--) {
            yield step.value.doc
          }
          sorter.close()
        },
        () => sorter.close(),
      )
    },
  }
}
