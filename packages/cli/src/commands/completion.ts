import type { Command, ForeignCommand, Invocation } from '../command.js'
import { renderCompletion, type Shell } from '../completion.js'

/** Prints the script of one shell, for the commands of the table that it is handed. */
export async function printCompletion(
  call: Invocation,
  { name, summary, load }: ForeignCommand,
  commands: readonly Command[],
): Promise<void> {
  const foreign = { name, summary, args: [], options: (await load()).options() }
  process.stdout.write(renderCompletion(call.argument('SHELL') as Shell, [foreign, ...commands]))
}
