/** An option of a command; without `value` it is a switch. */
export interface Option {
  /** Without dashes. */
  readonly name: string
  /** Stands for the value in help, in capitals; `FILE` and `FOLDER` complete to paths. */
  readonly value?: string
  readonly help: string
  /** The only values that it takes. */
  readonly choices?: readonly string[]
}

export interface Argument {
  readonly name: string
  readonly help: string
  readonly optional?: boolean
  /** Takes all that follow; only for the last. */
  readonly many?: boolean
  readonly choices?: readonly string[]
}

/** What a command is called with, checked against its row in the table. */
export interface Invocation {
  /** One that must be given, or the first of many. */
  argument(name: string): string
  /** One that may be missing. */
  optional(name: string): string | undefined
  /** All that an argument of many took. */
  all(name: string): readonly string[]
  option(name: string): string | undefined
  has(name: string): boolean
}

/** Runs a command; what it throws decides about message and exit status. */
export type Run = (call: Invocation) => Promise<void>

/** One row of the table of commands. */
export interface Command {
  /** One word or two. */
  readonly name: string
  /** In a line, for the list of commands. */
  readonly summary: string
  /** More than the line says, in paragraphs. */
  readonly description?: string
  readonly args: readonly Argument[]
  readonly options: readonly Option[]
  /** Loaded when called, so that no command pays for the others. */
  readonly load: () => Promise<Run>
}

/**
 * A command that reads its own command line, as its options belong to another package,
 * which is only loaded when it is asked about them.
 */
export interface ForeignCommand extends Pick<Command, 'name' | 'summary' | 'description'> {
  readonly load: () => Promise<{
    run(args: readonly string[]): Promise<void>
    options(): readonly Option[]
  }>
}

/** A command line that cannot be used: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the user can put right, or has to know: exit status 1, and no stack trace. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}
