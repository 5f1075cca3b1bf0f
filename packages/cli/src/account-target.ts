import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AccountClient, createAccountClient, signIn } from '@gantry/client'
import { CommandFailure, type Invocation, UsageError } from './command.js'
import { type Environment, readEnvironment } from './environment.js'
import { type Profile, readProfiles } from './profiles.js'
import { profileTarget, readCertificates } from './target.js'

/** An account that commands act for, and how to reach its server. */
export type AccountTarget = Pick<Profile, 'url' | 'ca' | 'insecure'> & { readonly token: string }

/** The client of the account that options, environment, profiles or a local server name. */
export async function connectAccount(call: Invocation): Promise<AccountClient> {
  return accountClientOf(await findAccount(call))
}

export function accountClientOf(target: AccountTarget, timeoutMs?: number): AccountClient {
  const { url, token, ca, insecure } = target
  try {
    return createAccountClient({ url, token, ca: readCertificates(ca), insecure, timeoutMs })
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`url: ${error.message}`)
    throw error
  }
}

/**
 * The first of these that is there: the profile or data directory that is named, a token in
 * the environment, its profile, the default profile, the local server. A token is only sent
 * to the server that it is of.
 */
export async function findAccount(
  call: Invocation,
  env: Environment = readEnvironment(),
): Promise<AccountTarget> {
  const common = {
    ca: call.option('ca') ?? env.ca,
    insecure: call.has('insecure') || undefined,
  }
  const named = call.option('profile')
  if (named !== undefined) return withToken(named, profileTarget(named, env), common)
  const dataDir = call.option('data-dir')
  if (dataDir !== undefined) return signInHere(dataDir, common)
  const url = call.option('url') ?? env.url
  if (env.token !== undefined) {
    if (url === undefined) throw new UsageError('GANTRY_TOKEN is given without --url or GANTRY_URL')
    return { ...common, url, token: env.token }
  }
  const { default: chosen } = readProfiles(env.configFile)
  const profile = env.profile ?? chosen
  if (profile !== undefined) return withToken(profile, profileTarget(profile, env), common)
  return signInHere(env.dataDir ?? './gantry-data', common)
}

type Common = Pick<Profile, 'ca' | 'insecure'>

function withToken(name: string, profile: Profile, common: Common): AccountTarget {
  const { url, token } = profile
  if (token === undefined) {
    throw new CommandFailure(
      `profile "${name}" is not signed in: gantry login --url ${url} ${name}`,
    )
  }
  const { ca, insecure } = profile
  return { url, token, ca: common.ca ?? ca, insecure: common.insecure ?? insecure }
}

/** Signs in as the account whose password the first start wrote down. */
async function signInHere(dataDir: string, common: Common): Promise<AccountTarget> {
  const { url, login, password } = readCredentials(dataDir)
  const ca = readCertificates(common.ca)
  const { token } = await signIn({ url, ca, insecure: common.insecure }, login, password)
  return { ...common, url, token }
}

/** What the first start of a local server wrote down. */
export function readCredentials(dataDir: string): { url: string; login: string; password: string } {
  const path = join(dataDir, 'credentials.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = (error as Error).message
    throw new CommandFailure(`nobody is signed in (gantry help login), and here is none: ${reason}`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandFailure(`${path} is not JSON`)
  }
}
