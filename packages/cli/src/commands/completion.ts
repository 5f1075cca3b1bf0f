import type { Command, ForeignCommand, Invocation } from '../command.js'
import { renderCompletion, type Shell } from '../completion.js'

/** Prints the script of one shell, for the commands of the table that it is handed. */
export async function printCompletion(
  call: Invocation,
  foreign: readonly ForeignCommand[],
  commands: readonly Command[],
): Promise<void> {
  const known = foreign.map(async ({ name, summary, load }) => {
    return { name, summary, args: [], options: (await load()).options() }
  })
  const all = [...(await Promise.all(known)), ...commands]
  process.stdout.write(renderCompletion(call.argument('SHELL') as Shell, all))
}
