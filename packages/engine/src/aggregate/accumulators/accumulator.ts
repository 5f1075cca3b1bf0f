import type { RawValue, Value } from '@gantry/bson'
import type { Context, Evaluate, Scope } from '../scope.js'

/** One group's running result. It is fed with the context at each document and asked once. */
export interface Accumulator {
  accumulate(context: Context): void
  finish(): Value | undefined
  /** Bytes held, roughly; left out when they do not grow with the documents. */
  memory?(): number
  /** What it holds, for a new one of the same group to go on with: undefined before the first document that counts. */
  save(): Value | undefined
  /** Goes on with what another has saved; called before any document. */
  load(state: Value): void
}

/** Starts a group. What depends on the group (`n`) is evaluated on its key. */
export type StartAccumulator = (groupKey: Value | undefined) => Accumulator

/** Makes an accumulator of what follows its name in `$group`. */
export type AccumulatorParser = (argument: RawValue, scope: Scope, name: string) => StartAccumulator

/** What an accumulator over plain values does; the same serves its form as an expression. */
export interface Fold {
  add(value: Value | undefined): void
  finish(): Value | undefined
  memory?(): number
  save(): Value | undefined
  load(state: Value): void
}

/** An accumulator of one expression. */
export function ofExpression(start: () => Fold): AccumulatorParser {
  return (argument, scope) => {
    const { evaluate } = scope.parse(argument, scope)
    return () => new FoldAccumulator(start(), evaluate)
  }
}

/** A class, as there may be one for each of a million groups. */
class FoldAccumulator implements Accumulator {
  readonly memory: (() => number) | undefined

  constructor(
    private readonly fold: Fold,
    private readonly evaluate: Evaluate,
  ) {
    this.memory = fold.memory
  }

  accumulate(context: Context): void {
    this.fold.add(this.evaluate(context))
  }

  finish(): Value | undefined {
    return this.fold.finish()
  }

  save(): Value | undefined {
    return this.fold.save()
  }

  load(state: Value): void {
    this.fold.load(state)
  }
}

/** A rough idea of the memory that a decoded value takes. */
export function roughSize(value: Value | undefined): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 16
  let size = 48
  if (Array.isArray(value)) for (const item of value) size += roughSize(item)
  else if (value instanceof Map) {
    for (const [name, item] of value) size += 32 + name.length * 2 + roughSize(item)
  } else if ('bytes' in value && value.bytes instanceof Uint8Array) size += value.bytes.length
  return size
}
