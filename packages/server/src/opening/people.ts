import { accountDirectory } from '../control/accounts/directory.js'
import { aclSyncs } from '../control/acls/acl-sync.js'
import { openAcls } from '../control/acls/acls.js'
import { type Administration, openAdministration } from '../control/administration.js'
import type { Opened } from '../control/control.js'
import { openNotifications } from '../control/notifications/notifications.js'
import { serversIn } from '../control/shared/servers.js'
import { tokensOf } from '../control/tokens/tokens.js'
import type { Base } from './base.js'

/** Who may do what from where, how they sign in, and how they are told of something. */
export type People = Administration &
  Pick<Opened, 'acls' | 'aclSync' | 'servers' | 'accounts' | 'tokens' | 'notifications'>

/** Reads everything of them from the state. */
export async function openPeople(base: Base): Promise<People> {
  const { config, undo, state, secrets, server, keeping, log, registry, now } = base
  const acls = await openAcls(state)
  const servers = serversIn(state, server, secrets)
  const administration = await openAdministration(keeping, secrets, registry, servers)
  undo.push(() => administration.topology.close())
  const { members, projects, events, teams } = administration
  const notifications = await openNotifications({
    state,
    secrets,
    events,
    log,
    server,
    members,
    projects,
    teams,
    settings: config,
    isOwners: (org) => members.isOwnedBy(org),
    now,
  })
  undo.push(() => notifications.stop())
  undo.push(() => administration.accessLists.flush())
  const accounts = accountDirectory(state, members.adopt)
  return {
    ...administration,
    acls,
    aclSync: aclSyncs(state),
    servers,
    accounts,
    tokens: tokensOf({ secrets, accounts, lifetimeMs: config.tokenLifetimeMs }),
    notifications,
  }
}
