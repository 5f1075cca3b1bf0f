import type { Matcher, MatcherFieldName } from './alert-config.js'
import { type Pattern, readPattern } from './pattern.js'

/** What something is, by what matchers can look at; a cluster has the names of all its hosts. */
export type MatchedFields = { readonly [name in MatcherFieldName]?: readonly string[] }

/** Whether all matchers fit; those of `unknown` fields do anyway. */
export type Matches = (fields: MatchedFields, unknown?: readonly MatcherFieldName[]) => boolean

type Test = (text: string) => boolean

/** Prepares matchers. What something does not have equals nothing, and is not equal to anything. */
export async function matching(matchers: readonly Matcher[]): Promise<Matches> {
  const tests = await Promise.all(matchers.map(testOf))
  return (fields, unknown = []) => tests.every((test) => test(fields, unknown))
}

async function testOf({ fieldName, operator, value }: Matcher): Promise<Matches> {
  const negative = operator.startsWith('NOT_')
  const pattern = operator === 'REGEX' ? await readPattern(value) : undefined
  const test = comparison(operator, value.toLowerCase(), pattern)
  return (fields, unknown = []) => {
    if (unknown.includes(fieldName)) return true
    const isThere = (fields[fieldName] ?? []).some((text) => test(text.toLowerCase()))
    return negative ? !isThere : isThere
  }
}

function comparison(operator: Matcher['operator'], value: string, pattern?: Pattern): Test {
  switch (operator) {
    case 'CONTAINS':
    case 'NOT_CONTAINS':
      return (text) => text.includes(value)
    case 'STARTS_WITH':
      return (text) => text.startsWith(value)
    case 'ENDS_WITH':
      return (text) => text.endsWith(value)
    case 'REGEX':
      return (text) => pattern?.isIn(text) ?? false
    default:
      return (text) => text === value
  }
}
