import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommandFailure, UsageError } from './command.js'

/** What is kept under a name: the key of an instance, or the token of an account, or both. */
export interface Profile {
  readonly url: string
  /** Of an instance. */
  readonly apiKey?: string
  /** Of an account that has signed in. */
  readonly token?: string
  /** Of that account. */
  readonly login?: string
  /** Path of the certificates to trust. */
  readonly ca?: string
  readonly insecure?: boolean
}

export interface Profiles {
  /** The profile that is used when nothing else is given. */
  readonly default?: string
  readonly profiles: { readonly [name: string]: Profile }
}

/** Throws a `UsageError` for what cannot be the name of a profile. */
export function checkProfileName(name: string): void {
  if (!/^[\w.-]+$/.test(name)) throw new UsageError('NAME has letters, digits, _ . - only')
}

/**
 * No file is no profiles. Throws a `CommandFailure` when others than its owner could read
 * it, as keys stand in it, and when it is not of this form.
 */
export function readProfiles(path: string): Profiles {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return { profiles: {} }
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    throw new CommandFailure(`${path} can be read by others; make it private: chmod 600 ${path}`)
  }
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // The parser's message would quote the file, keys and all.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message
    throw new CommandFailure(`${path} cannot be read: ${reason}`)
  }
  return checked(path, content)
}

/** Replaces the file in one step; only its owner can read it. */
export function writeProfiles(path: string, profiles: Profiles): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.new`
  try {
    writeFileSync(draft, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

function checked(path: string, content: unknown): Profiles {
  const refuse = (what: string) => new CommandFailure(`${path}: ${what}`)
  if (!isObject(content)) throw refuse('it does not hold a JSON object')
  const { default: chosen, profiles = {}, ...others } = content
  const [other] = Object.keys(others)
  if (other !== undefined) throw refuse(`unknown key "${other}"`)
  if (!isObject(profiles)) throw refuse('profiles is not an object')
  for (const [name, profile] of Object.entries(profiles)) checkProfile(name, profile, refuse)
  if (chosen !== undefined && (typeof chosen !== 'string' || !Object.hasOwn(profiles, chosen))) {
    throw refuse('default does not name a profile')
  }
  return { default: chosen, profiles: profiles as Profiles['profiles'] }
}

const types: Readonly<Record<string, string>> = {
  url: 'string',
  apiKey: 'string',
  token: 'string',
  login: 'string',
  ca: 'string',
  insecure: 'boolean',
}

function checkProfile(name: string, profile: unknown, refuse: (what: string) => Error): void {
  if (!isObject(profile)) throw refuse(`profile ${name} is not an object`)
  for (const [key, value] of Object.entries(profile)) {
    if (!Object.hasOwn(types, key)) throw refuse(`profile ${name} has an unknown key "${key}"`)
    if (typeof value !== types[key]) throw refuse(`profile ${name}: ${key} is not a ${types[key]}`)
  }
  if (!profile.url) throw refuse(`profile ${name} has no url`)
  if (!profile.apiKey && !profile.token) throw refuse(`profile ${name} has no apiKey and no token`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
