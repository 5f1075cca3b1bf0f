import { resolve } from 'node:path'
import { signIn } from '@gantry/client'
import { readCredentials } from '../account-target.js'
import { CommandFailure, type Invocation, UsageError } from '../command.js'
import { readEnvironment } from '../environment.js'
import { print } from '../output.js'
import { readPassword } from '../password.js'
import { checkProfileName, type Profile, readProfiles, writeProfiles } from '../profiles.js'
import { readCertificates } from '../target.js'

/** The profile that is signed in when none is named. */
const PROFILE = 'default'

/** Signs in and keeps the token in a profile. */
export async function login(call: Invocation): Promise<void> {
  const env = readEnvironment()
  const name = call.optional('PROFILE') ?? PROFILE
  checkProfileName(name)
  const { default: chosen, profiles } = readProfiles(env.configFile)
  const known: Profile | undefined = profiles[name]
  const { url, login: who, password } = await findCredentials(call, known)
  const ca = call.option('ca') ?? (known?.url === url ? known.ca : undefined) ?? env.ca
  const insecure = call.has('insecure') || undefined
  const signedIn = await signIn({ url, ca: readCertificates(ca), insecure }, who, password)
  // A key is of an instance of the server that it was kept for.
  const apiKey = known?.url === url ? known.apiKey : undefined
  const profile = {
    url,
    ...(apiKey !== undefined && { apiKey }),
    token: signedIn.token,
    login: signedIn.login,
    ...(ca !== undefined && { ca: resolve(ca) }),
    ...(insecure && { insecure }),
  }
  writeProfiles(env.configFile, {
    default: call.has('default') ? name : (chosen ?? name),
    profiles: { ...profiles, [name]: profile },
  })
  const { uid } = signedIn
  print(
    call,
    { profile: name, url, login: signedIn.login, uid },
    () => `signed in at ${url} as ${signedIn.login}, kept in profile ${name}`,
  )
}

/** A server that is not named is the one of the profile, or the local one, whose password is at hand. */
async function findCredentials(call: Invocation, known: Profile | undefined) {
  const env = readEnvironment()
  const url = call.option('url') ?? env.url
  const who = call.option('login') ?? known?.login
  const dataDir =
    call.option('data-dir') ?? (url || known ? undefined : (env.dataDir ?? './gantry-data'))
  if (dataDir !== undefined) {
    const local = readCredentials(dataDir)
    if (call.option('login') === undefined) return local
    return { ...local, login: call.option('login') as string, password: await password() }
  }
  const at = url ?? known?.url
  if (at === undefined) throw new UsageError('no server is given: use --url')
  if (who === undefined) throw new UsageError('--login is missing')
  return { url: at, login: who, password: await password() }

  function password(): Promise<string> {
    return readPassword(
      call.option('password-file'),
      `Password of ${who ?? call.option('login')}: `,
    )
  }
}

/** Forgets the token of a profile; the profile stays when it has a key. */
export async function logout(call: Invocation): Promise<void> {
  const { configFile } = readEnvironment()
  const { default: chosen, profiles } = readProfiles(configFile)
  const name = call.optional('PROFILE') ?? PROFILE
  if (!profiles[name]?.token) throw new CommandFailure(`profile "${name}" is not signed in`)
  const { [name]: profile, ...others } = profiles
  const { token: _, login: _login, ...rest } = profile
  const stays = rest.apiKey !== undefined
  writeProfiles(configFile, {
    default: stays || chosen !== name ? chosen : undefined,
    profiles: stays ? { ...others, [name]: rest } : others,
  })
  print(call, { profile: name }, () => `${name} is signed out`)
}
