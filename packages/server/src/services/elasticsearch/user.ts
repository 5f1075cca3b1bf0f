import { AppError } from '../../errors.js'

export const elasticsearchRoles = ['admin', 'readonly'] as const
export type ElasticsearchRole = (typeof elasticsearchRoles)[number]

export interface ElasticsearchUser {
  readonly username: string
  readonly role: ElasticsearchRole
}

/** Who may use a cluster, as far as they were made through us. */
export interface ElasticsearchUsers {
  /** By name. */
  list(): Promise<ElasticsearchUser[]>
  /** Makes a user; one of this name gets the password and the role. */
  save(user: ElasticsearchUser, password: string): Promise<void>
  /** Says whether there was one. */
  remove(username: string): Promise<boolean>
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/

/** Rejects with `invalid` what one of the families would not take, or only with trouble in a URL. */
export function checkUsername(username: string): void {
  if (NAME.test(username)) return
  const allowed = 'a letter or digit, then up to 63 letters, digits and _ . @ -'
  throw new AppError('invalid', `username: must be ${allowed}`)
}

export function byName(a: ElasticsearchUser, b: ElasticsearchUser): number {
  return a.username < b.username ? -1 : 1
}
