import { decodeDocument, type Path, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { parseFieldPath, readPath, valueAtPath } from './field-path.js'
import { constant, type Expression, type Scope } from './scope.js'

/** What `$redact` is told to do with a document. */
export const REDACT_ACTIONS = ['DESCEND', 'PRUNE', 'KEEP'] as const

/** Parses `$$name` or `$$name.path`, given without its dollar signs. */
export function parseVariable(text: string, scope: Scope): Expression {
  const dot = text.indexOf('.')
  const name = dot === -1 ? text : text.slice(0, dot)
  checkReadName(name)
  if (text.endsWith('.')) throw new CommandError(40353, "FieldPath must not end with a '.'.")
  const path = dot === -1 ? undefined : parseFieldPath(text.slice(dot + 1))
  const variable = scope.variables.get(name)
  if (!variable) return parseSystemVariable(name, path, scope)
  if ('value' in variable)
    return constant(path ? valueAtPath(variable.value, path) : variable.value)
  const { slot } = variable
  scope.uses.slots.add(slot)
  return path
    ? { evaluate: (context) => valueAtPath(context.slots[slot], path) }
    : { evaluate: (context) => context.slots[slot] }
}

function parseSystemVariable(name: string, path: Path | undefined, scope: Scope): Expression {
  switch (name) {
    case 'ROOT':
      return wholeDocument(path, scope, 'root')
    case 'CURRENT':
      return wholeDocument(path, scope, 'doc')
    case 'REMOVE':
      return constant(undefined)
    case 'NOW':
      return runtimeConstant(scope.runtime.now, path, name)
    case 'CLUSTER_TIME':
      return runtimeConstant(scope.runtime.clusterTime, path, name)
    case 'USER_ROLES':
      return runtimeConstant(scope.runtime.userRoles, path, name)
  }
  if (scope.redacting && (REDACT_ACTIONS as readonly string[]).includes(name)) {
    return constant(path ? undefined : name.toLowerCase())
  }
  throw new CommandError(17276, `Use of undefined variable: ${name}`)
}

function wholeDocument(path: Path | undefined, scope: Scope, which: 'root' | 'doc'): Expression {
  if (!path) {
    scope.uses.whole = true
    return { evaluate: (context) => decodeDocument(context.buf, context[which]) }
  }
  const dotted = path.map((part) => part.name).join('.')
  scope.uses.paths.add(dotted)
  const evaluate = (context: Parameters<Expression['evaluate']>[0]) =>
    readPath(context.buf, context[which], path)
  return scope.redacting ? { evaluate } : { evaluate, path: dotted }
}

function runtimeConstant(
  value: Value | undefined,
  path: Path | undefined,
  name: string,
): Expression {
  if (value === undefined) {
    if (name === 'CLUSTER_TIME') {
      throw new CommandError(
        10071200,
        `system variable $$CLUSTER_TIME is not available in standalone`,
      )
    }
    throw new CommandError(51144, `Builtin variable '$$${name}' is not available`)
  }
  return constant(path ? valueAtPath(value, path) : value)
}

/** Refuses names that `$$` cannot read. */
function checkReadName(name: string): void {
  if (name === '') throw new CommandError('FailedToParse', 'empty variable names are not allowed')
  if (!/^[A-Za-z\u0080-\uffff]/.test(name)) {
    throw new CommandError(
      'FailedToParse',
      `'${name}' starts with an invalid character for a variable name`,
    )
  }
  checkCharacters(name)
}

/** Refuses names that `let`, `$map` and the like cannot define. Only `CURRENT` may be redefined among the capitals. */
export function checkVariableName(name: string): void {
  if (name === '') throw new CommandError('FailedToParse', 'empty variable names are not allowed')
  if (name === 'CURRENT') return
  if (!/^[a-z\u0080-\uffff]/.test(name)) {
    throw new CommandError(
      'FailedToParse',
      `'${name}' starts with an invalid character for a user variable name`,
    )
  }
  checkCharacters(name)
}

function checkCharacters(name: string): void {
  const bad = /[^\w\u0080-\uffff]/.exec(name)
  if (!bad) return
  throw new CommandError(
    'FailedToParse',
    `'${name}' contains an invalid character for a variable name: '${bad[0]}'`,
  )
}
