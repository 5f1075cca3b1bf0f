import type { Writable } from '@gantry/bson'
import { arg } from './args.js'
import { type CommandDefinition, command } from './command.js'

/** The commands that there are; `all` is asked when the command runs, as this one is among them. */
export function listCommandsAmong(all: () => readonly CommandDefinition[]): CommandDefinition {
  return command({
    name: 'listCommands',
    help: 'The commands that there are',
    access: 'anyone',
    args: { listCommands: arg.any },
    run: () => ({
      commands: Object.fromEntries(
        all().map((definition) => [definition.name, describe(definition)]),
      ),
    }),
  })
}

function describe({ help, access, adminOnly, aliases }: CommandDefinition): Writable {
  return {
    help,
    requiresAuth: access !== 'anyone',
    secondaryOk: true,
    adminOnly: adminOnly === true,
    apiVersions: [],
    deprecatedApiVersions: [],
    ...(aliases && { aliases: [...aliases] }),
  }
}
