import type { DocumentPredicate, Filter, LeafFilter, ValueTest } from './filter.js'
import { testBits } from './operators/bits.js'
import { testComparison } from './operators/comparison.js'
import { testElemMatchObject, testElemMatchValue } from './operators/elemMatch.js'
import { testExists } from './operators/exists.js'
import { testIn } from './operators/in.js'
import { testMod } from './operators/mod.js'
import { testRegex } from './operators/regex.js'
import { testSize } from './operators/size.js'
import { testType } from './operators/type.js'
import { anyAtPath, type FieldTest, MOST_FIELDS, withField, withFields } from './path-walk.js'

/** Compiles a filter to closures that read raw BSON where it lies. */
export function compileFilter(filter: Filter): DocumentPredicate {
  switch (filter.kind) {
    case 'alwaysTrue':
      return () => true
    case 'alwaysFalse':
      return () => false
    case 'and':
      return conjunctionOf(filter.clauses)
    case 'or':
      return any(filter.clauses.map(compileFilter))
    case 'nor': {
      const matches = any(filter.clauses.map(compileFilter))
      return (buf, doc) => !matches(buf, doc)
    }
    case 'not': {
      const matches = compileFilter(filter.clause)
      return (buf, doc) => !matches(buf, doc)
    }
    case 'expr':
    case 'jsonSchema':
    case 'sampleRate':
      return filter.matches
    default:
      return withField(fieldTest(filter) as FieldTest)
  }
}

/** Conditions on fields are tried in one pass over the document, before all others. */
function conjunctionOf(clauses: readonly Filter[]): DocumentPredicate {
  const tests = new Map<string, ValueTest[]>()
  const rest: DocumentPredicate[] = []
  for (const clause of clauses) {
    const field = fieldTest(clause)
    const key = field?.name.toString('latin1') ?? ''
    const others = tests.get(key)
    if (field && others) others.push(field.test)
    else if (field && tests.size < MOST_FIELDS) tests.set(key, [field.test])
    else rest.push(field ? withField(field) : compileFilter(clause))
  }
  const fields = [...tests].map(([name, ofField]) => ({
    name: Buffer.from(name, 'latin1'),
    test: everyTest(ofField),
  }))
  if (fields.length === 0) return all(rest)
  const matches = fields.length === 1 ? withField(fields[0]) : withFields(fields)
  return rest.length === 0 ? matches : all([matches, ...rest])
}

function everyTest(tests: readonly ValueTest[]): ValueTest {
  if (tests.length === 1) return tests[0]
  if (tests.length === 2) {
    const [first, second] = tests
    return (buf, type, at) => first(buf, type, at) && second(buf, type, at)
  }
  return (buf, type, at) => {
    for (const test of tests) if (!test(buf, type, at)) return false
    return true
  }
}

/** A filter as the test of one field of the document, if one alone decides it. */
function fieldTest(filter: Filter): FieldTest | undefined {
  if (filter.kind === 'not') {
    const field = fieldTest(filter.clause)
    if (!field) return undefined
    const { name, test } = field
    return { name, test: (buf, type, at) => !test(buf, type, at) }
  }
  if (!isLeaf(filter)) return undefined
  return anyAtPath(filter.path, leafTest(filter), looksIntoArrays(filter))
}

function isLeaf(filter: Filter): filter is LeafFilter {
  return 'path' in filter
}

/** Whether an operator tries the elements of an array that stands at the end of its path. */
export function looksIntoArrays({ kind }: LeafFilter): boolean {
  return kind !== 'size' && kind !== 'elemMatchObject' && kind !== 'elemMatchValue'
}

/** Compiles a filter whose paths are empty, as in the value form of `$elemMatch`, to a test of the value itself. */
export function compileValueTest(filter: Filter): ValueTest {
  switch (filter.kind) {
    case 'alwaysTrue':
      return () => true
    case 'alwaysFalse':
      return () => false
    case 'and':
      return everyTest(filter.clauses.map(compileValueTest))
    case 'or':
    case 'nor': {
      const tests = filter.clauses.map(compileValueTest)
      const wanted = filter.kind === 'or'
      return (buf, type, at) => tests.some((test) => test(buf, type, at)) === wanted
    }
    case 'not': {
      const test = compileValueTest(filter.clause)
      return (buf, type, at) => !test(buf, type, at)
    }
    case 'expr':
    case 'jsonSchema':
    case 'sampleRate':
      throw new TypeError(`${filter.kind} does not apply to a value`)
    default:
      return leafTest(filter)
  }
}

/** The test of a leaf on one value, arrays not looked into. */
export function leafTest(filter: LeafFilter): ValueTest {
  switch (filter.kind) {
    case 'in':
      return testIn(filter)
    case 'exists':
      return testExists()
    case 'type':
      return testType(filter.types)
    case 'regex':
      return testRegex(filter)
    case 'mod':
      return testMod(filter)
    case 'size':
      return testSize(filter.size)
    case 'elemMatchObject':
      return testElemMatchObject(compileFilter(filter.filter))
    case 'elemMatchValue':
      return testElemMatchValue(compileValueTest({ kind: 'and', clauses: filter.clauses }))
    case 'bitsAllSet':
    case 'bitsAllClear':
    case 'bitsAnySet':
    case 'bitsAnyClear':
      return testBits(filter)
    default:
      return testComparison(filter)
  }
}

function all(predicates: readonly DocumentPredicate[]): DocumentPredicate {
  if (predicates.length === 2) {
    const [first, second] = predicates
    return (buf, doc) => first(buf, doc) && second(buf, doc)
  }
  return (buf, doc) => {
    for (const matches of predicates) if (!matches(buf, doc)) return false
    return true
  }
}

function any(predicates: readonly DocumentPredicate[]): DocumentPredicate {
  return (buf, doc) => {
    for (const matches of predicates) if (matches(buf, doc)) return true
    return false
  }
}
