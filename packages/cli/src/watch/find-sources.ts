import { type AccountTarget, accountClientOf, findAccount } from '../account-target.js'
import { CommandFailure, type Invocation, UsageError } from '../command.js'
import type { Profile } from '../profiles.js'
import { findTarget, profileTarget } from '../target.js'
import { type HostsService, understood } from './measures.js'
import { type Source, sourceOfAccount, sourceOfHosts, sourceWithKey } from './source.js'

/** An instance to watch, and what the user calls it; the name is empty when there is but one. */
export interface NamedSource {
  readonly name: string
  readonly source: Source
}

/** Stands for all instances of the account. */
const ALL = 'all'

/**
 * The instances that a command names: those of an account by `--instances`, those of profiles,
 * or the one that the options lead to.
 */
export async function findSources(
  call: Invocation,
  timeoutMs: number,
  profiles: readonly string[] = [],
): Promise<NamedSource[]> {
  const wanted = call.option('instances')
  if (wanted !== undefined) {
    if (profiles.length > 0) throw new UsageError('--instances does not go with a PROFILE')
    return ofAccount(await findAccount(call), wanted, timeoutMs)
  }
  if (new Set(profiles).size < profiles.length) throw new UsageError('a PROFILE is named twice')
  if (profiles.length === 0) {
    const named = call.option('profile')
    const profile = named === undefined ? undefined : profileTarget(named)
    if (profile && profile.apiKey === undefined && !hasKey(call)) {
      return ofAccount(await findAccount(call), ALL, timeoutMs)
    }
    return [{ name: '', source: sourceWithKey(findTarget(call), timeoutMs) }]
  }
  for (const option of ['profile', 'url', 'api-key', 'api-key-file', 'data-dir']) {
    if (call.has(option)) throw new UsageError(`--${option} does not go with a PROFILE`)
  }
  const found = profiles.map((name) => ofProfile(name, profileTarget(name), timeoutMs))
  return (await Promise.all(found)).flat()
}

function hasKey(call: Invocation): boolean {
  return call.has('api-key') || call.has('api-key-file')
}

/** The instance of a profile with a key, or all of an account that is signed in. */
async function ofProfile(name: string, profile: Profile, timeoutMs: number) {
  const { apiKey, token } = profile
  if (apiKey !== undefined) {
    return [{ name, source: sourceWithKey({ ...profile, apiKey }, timeoutMs) }]
  }
  const all = await ofAccount({ ...profile, token: token ?? '' }, ALL, timeoutMs)
  return all.map((each) => ({ ...each, name: `${name}/${each.name}` }))
}

async function ofAccount(
  target: AccountTarget,
  wanted: string,
  timeoutMs: number,
): Promise<NamedSource[]> {
  const instances = await listInstances(target)
  const names = wanted === ALL ? instances.map(({ name }) => name) : wanted.split(',')
  if (names.length === 0) throw new CommandFailure('the account has no instance')
  if (new Set(names).size < names.length) throw new UsageError('an instance is named twice')
  const sources = names.map((name) => {
    const found = instances.find((instance) => instance.name === name)
    // One that is not there is asked for as well, so that the server says what is wrong.
    const source = isOfHosts(found)
      ? sourceOfHosts(target, found, timeoutMs)
      : sourceOfAccount(target, name, timeoutMs)
    return { name, source }
  })
  // Lines of one service stand together, under one heading.
  return sources.sort((a, b) => placeOf(a) - placeOf(b))
}

const services: readonly string[] = ['mongodb', 'redis', 'elasticsearch']

function placeOf({ source }: NamedSource): number {
  return services.indexOf(source.service)
}

type Listed = Awaited<ReturnType<typeof listInstances>>[number]

function isOfHosts(
  instance: Listed | undefined,
): instance is Listed & { readonly service: HostsService } {
  return instance !== undefined && instance.service in understood
}

/** Those of the services that can be watched. */
async function listInstances(target: AccountTarget) {
  const client = accountClientOf(target)
  try {
    const instances = await client.listInstances()
    return instances.filter(({ service }) => services.includes(service))
  } finally {
    client.close()
  }
}
