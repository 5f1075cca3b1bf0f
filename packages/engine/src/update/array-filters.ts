import { BsonType, type RawValue } from '@gantry/bson'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { compileFilter } from '../query/compile.js'
import { elementsOf } from '../query/elements.js'
import type { Filter, FilterContext } from '../query/filter.js'
import { parseFilter } from '../query/parse.js'
import type { UpdatePath } from './update-path.js'
import { wrapped } from './wrapped.js'

/** Which elements of an array `$[identifier]` means, by identifier. */
export type ElementFilters = ReadonlyMap<string, (element: RawValue) => boolean>

/** Reads `arrayFilters`, in each of which one identifier stands for the array's element. */
export function parseArrayFilters(
  documents: readonly RawValue[],
  context: FilterContext,
): ElementFilters {
  const filters = new Map<string, (element: RawValue) => boolean>()
  for (const document of documents) {
    const filter = parseFilter(document.buf, document.at, context)
    const identifier = onlyIdentifier(filter)
    if (identifier === undefined) {
      throw new CommandError(
        'FailedToParse',
        'Cannot use an expression without a top-level field name in arrayFilters',
      )
    }
    if (!/^[a-z][a-zA-Z0-9]*$/.test(identifier)) {
      throw new CommandError(
        'BadValue',
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${identifier}'`,
      )
    }
    if (filters.has(identifier)) {
      throw new CommandError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${identifier}`,
      )
    }
    const matches = compileFilter(filter)
    filters.set(identifier, (element) => matches(wrapped(identifier, element), 0))
  }
  return filters
}

function onlyIdentifier(filter: Filter): string | undefined {
  let found: string | undefined
  for (const identifier of identifiersOf(filter)) {
    if (found !== undefined && found !== identifier) {
      throw new CommandError(
        'FailedToParse',
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${found}' and '${identifier}'`,
      )
    }
    found = identifier
  }
  return found
}

function* identifiersOf(filter: Filter): Generator<string> {
  if ('clauses' in filter && filter.kind !== 'elemMatchValue') {
    for (const clause of filter.clauses) yield* identifiersOf(clause)
  } else if ('clause' in filter) {
    yield* identifiersOf(filter.clause)
  } else if ('path' in filter) {
    yield filter.path[0].name
  }
}

/** Throws unless each identifier of a path has its filter. */
export function checkIdentifiers(path: UpdatePath, filters: ElementFilters): void {
  for (const step of path.steps) {
    if (step.kind !== 'elements' || step.identifier === '' || filters.has(step.identifier)) continue
    throw new CommandError(
      'BadValue',
      `No array filter found for identifier '${step.identifier}' in path '${path.dotted}'`,
    )
  }
}

/** Throws when a filter's identifier is in no path of the update. */
export function checkAllUsed(
  filters: ElementFilters,
  paths: readonly UpdatePath[],
  update: RawValue,
): void {
  const used = new Set(
    paths.flatMap(({ steps }) =>
      steps.map((step) => (step.kind === 'elements' ? step.identifier : '')),
    ),
  )
  for (const identifier of filters.keys()) {
    if (used.has(identifier)) continue
    throw new CommandError(
      'FailedToParse',
      `The array filter for identifier '${identifier}' was not used in the update ${documentText(update.buf, update.at)}`,
    )
  }
}

/** The documents of an `arrayFilters` array. */
export function arrayFilterDocuments(array: RawValue): RawValue[] {
  return elementsOf(array.buf, array.at).map(({ name, value }) => {
    if (value.type === BsonType.object) return value
    throw new CommandError(
      'TypeMismatch',
      `BSON field 'arrayFilters.${name}' is the wrong type, expected type 'object'`,
    )
  })
}
