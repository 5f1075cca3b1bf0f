import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient } from '@gantry/client'
import { CommandFailure, type Invocation, UsageError } from './command.js'
import { type Environment, readEnvironment } from './environment.js'
import { type Profile, readProfiles } from './profiles.js'

/** An instance that a command is about, and how to reach it. */
export type Target = Pick<Profile, 'url' | 'ca' | 'insecure'> & { readonly apiKey: string }

/** What a source gives; a key may come without the URL that it is for. */
type Source = Partial<Profile>

/** The client of the instance that options, environment, profiles or a local server name. */
export function connect(call: Invocation): Client {
  return clientOf(findTarget(call))
}

/** A file of certificates that cannot be read is a `CommandFailure`, a URL of no use a `UsageError`. */
export function clientOf({ url, apiKey, ca, insecure }: Target, timeoutMs?: number): Client {
  const certificates = readCertificates(ca)
  try {
    return createClient({ url, apiKey, ca: certificates, insecure, timeoutMs })
  } catch (error) {
    throw new UsageError(`url: ${(error as Error).message}`)
  }
}

/**
 * Options come first. Then the first of these that is there: the profile that is named, the
 * environment, the default profile, the local server. A key is only ever sent to the server
 * that it was given together with, or to the one that was named without a key of its own.
 */
export function findTarget(call: Invocation, env: Environment = readEnvironment()): Target {
  const url = call.option('url')
  const apiKey = readKey(call.option('api-key'), call.option('api-key-file'), '--api-key')
  const source = url !== undefined && apiKey !== undefined ? {} : findSource(call, env)
  const target = {
    url: url ?? source.url,
    apiKey: apiKey ?? keyFor(url, source),
    ca: call.option('ca') ?? source.ca ?? env.ca,
    insecure: call.has('insecure') || source.insecure,
  }
  if (target.url === undefined) throw new UsageError(`no server is given: ${WAYS}`)
  if (target.apiKey === undefined) throw new UsageError(`no API key is given for ${target.url}`)
  return target as Target
}

const WAYS =
  'use --url and --api-key-file, a profile (gantry help profile add), or --data-dir of a local server'

/** The target of a profile. Throws a `CommandFailure` when there is none of this name. */
export function profileTarget(name: string, env: Environment = readEnvironment()): Profile {
  const { profiles } = readProfiles(env.configFile)
  if (Object.hasOwn(profiles, name)) return profiles[name] as Profile
  throw new CommandFailure(`there is no profile "${name}" in ${env.configFile}`)
}

function findSource(call: Invocation, env: Environment): Source {
  const named = call.option('profile')
  if (named !== undefined) return profileTarget(named, env)
  // A data directory that is named is meant, whatever else there is.
  const dataDir = call.option('data-dir')
  if (dataDir !== undefined) return localServer(dataDir, true)
  const apiKey = readKey(env.apiKey, env.apiKeyFile, 'GANTRY_API_KEY')
  if (env.url !== undefined || apiKey !== undefined) return { url: env.url, apiKey, ca: env.ca }
  if (env.profile !== undefined) return profileTarget(env.profile, env)
  const { default: chosen } = readProfiles(env.configFile)
  // One that is only signed in has no key to give.
  const profile = chosen === undefined ? undefined : profileTarget(chosen, env)
  if (profile?.apiKey !== undefined) return profile
  return localServer(env.dataDir ?? './gantry-data', env.dataDir !== undefined)
}

/** The key of a source, if it may be sent to this URL. */
function keyFor(url: string | undefined, source: Source): string | undefined {
  if (url === undefined || source.url === undefined) return source.apiKey
  return originOf(url) === originOf(source.url) ? source.apiKey : undefined
}

function originOf(url: string): string {
  try {
    return new URL(url).origin
  } catch {
    throw new UsageError(`url: "${url}" is not a URL`)
  }
}

function localServer(dataDir: string, required: boolean): Source {
  const path = join(dataDir, 'credentials.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new CommandFailure(`data-dir: ${(error as Error).message}`)
  }
  try {
    const { url, apiKey } = JSON.parse(text) as Source
    return { url, apiKey }
  } catch {
    throw new CommandFailure(`${path} is not JSON`)
  }
}

function readKey(
  key: string | undefined,
  file: string | undefined,
  name: string,
): string | undefined {
  if (key !== undefined && file !== undefined) {
    throw new UsageError(`${name} and its file are both given`)
  }
  return file === undefined ? key : readSecret(file, 'API key')
}

/** Certificates to trust; undefined: the usual ones. */
export function readCertificates(ca: string | undefined): string | undefined {
  return ca === undefined ? undefined : readText(ca, 'ca')
}

/** The content of a file, or of standard input (`-`), without the end of its line. */
export function readSecret(file: string, what: string): string {
  const text = readText(file === '-' ? 0 : file, what).trim()
  if (text === '') throw new CommandFailure(`${what}: nothing was read`)
  return text
}

function readText(file: string | 0, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`${what}: ${(error as Error).message}`)
  }
}
