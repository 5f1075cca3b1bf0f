import { resolve } from 'node:path'
import { CommandFailure, type Invocation } from '../command.js'
import { readEnvironment } from '../environment.js'
import { print, renderTable } from '../output.js'
import { checkProfileName, readProfiles, writeProfiles } from '../profiles.js'
import { clientOf, findTarget } from '../target.js'

export async function listProfiles(call: Invocation): Promise<void> {
  const { default: chosen, profiles } = readProfiles(readEnvironment().configFile)
  const rows = Object.entries(profiles).map(([name, { apiKey: _, token: _token, ...rest }]) => ({
    name,
    default: name === chosen,
    ...rest,
  }))
  print(call, rows, () =>
    renderTable(
      ['NAME', 'URL', 'LOGIN', ''],
      rows.map((row) => [row.name, row.url, row.login ?? '', row.default ? 'default' : '']),
    ),
  )
}

/** Keeps what was found as it is, so that it is the same from any folder later on. */
export async function addProfile(call: Invocation): Promise<void> {
  const name = call.argument('NAME')
  checkProfileName(name)
  const { configFile } = readEnvironment()
  const target = findTarget(call)
  clientOf(target).close()
  const { default: chosen, profiles } = readProfiles(configFile)
  writeProfiles(configFile, {
    default: call.has('default') ? name : chosen,
    profiles: {
      ...profiles,
      [name]: { ...profiles[name], ...target, ca: target.ca && resolve(target.ca) },
    },
  })
  print(call, { name, url: target.url }, () => `${name} is ${target.url}`)
}

export async function deleteProfile(call: Invocation): Promise<void> {
  const name = call.argument('NAME')
  const { configFile } = readEnvironment()
  const { default: chosen, profiles } = readProfiles(configFile)
  if (!Object.hasOwn(profiles, name)) throw new CommandFailure(`there is no profile "${name}"`)
  const { [name]: _, ...rest } = profiles
  writeProfiles(configFile, { default: chosen === name ? undefined : chosen, profiles: rest })
  print(call, { name }, () => `${name} is forgotten`)
}
