// What Cloud Manager and Ops Manager have beyond the core, and what is answered here: the last table of
// docs/public-api.md. Rows are checked against the contract, so that none says what is not so.

/** What it is, its paths, and what there is to say of it. */
const served = [
  ['Teams', ['/orgs/{orgId}/teams', '/groups/{groupId}/teams'], ''],
  [
    'Invitations',
    ['/orgs/{orgId}/invites', '/groups/{groupId}/invites'],
    'plain arrays; accepted with a token (`/unauth/invites`, our own), no mail is sent',
  ],
  ['All clusters', ['/clusters'], 'group by group'],
  ['Global alerts', ['/globalAlerts'], 'the alerts of all groups, for `GLOBAL_OWNER`'],
  [
    'Performance advisor',
    ['/groups/{groupId}/hosts/{hostId}/performanceAdvisor/suggestedIndexes'],
    'from the log and the profiles of the process; `{hostId}` may be `host:port`',
  ],
  [
    'Feature policies',
    ['/groups/{groupId}/controlledFeature', '/groups/availablePolicies'],
    'kept and shown; they bind interfaces, not the API',
  ],
  ['First user', ['/unauth/users'], 'while there is no user'],
  ['Versions of components', ['/softwareComponents/versions'], ''],
  [
    'Goal documents without secrets, rotation of logs',
    [
      '/groups/{groupId}/automationConfig/noSecrets',
      '/groups/{groupId}/automationConfig/systemLogRotateConfig',
      '/groups/{groupId}/automationConfig/auditLogRotateConfig',
    ],
    '',
  ],
  [
    'Snapshots on demand',
    ['/groups/{groupId}/clusters/{clusterId}/snapshots/onDemandSnapshot'],
    '',
  ],
]

const elsewhere = [
  [
    'Version of the server',
    ['/api/private/unauth/version'],
    'text, and the header `X-MongoDB-Service-Version`, without signing in',
  ],
]

const leftOut = [
  [
    'Version manifest',
    ['/versionManifest'],
    'which versions there are is said in `mongoDbVersions` of a goal document',
  ],
  [
    'Diagnostic archives',
    ['/groups/{groupId}/diagnostics'],
    'collect logs (`/logCollectionJobs`) or read `/metrics`',
  ],
  [
    'Last pings',
    ['/groups/{groupId}/hosts/{hostId}/lastPing'],
    '`lastPing` of a host says when it was reached',
  ],
  ['Plans that are over', ['/groups/{groupId}/automationStatus/full'], 'see `/automationStatus`'],
  ['Global alert configurations', ['/globalAlertConfigs'], 'each group has its own'],
  [
    'Billing, invoices, usage of servers',
    ['/orgs/{orgId}/invoices', '/usage'],
    'there is nothing to pay',
  ],
  [
    'Stores, daemons and global keys of the administration',
    ['/admin'],
    'keys with `GLOBAL_OWNER` are those of an organization; backups have settings ([backups.md](backups.md))',
  ],
  [
    'Provisioning of servers, live migration, BI connector, LDAP, SNMP, Atlas',
    ['/groups/{groupId}/serverPool', '/groups/{groupId}/liveMigrations', '/groups/{groupId}/peers'],
    'none of it',
  ],
]

/** The table, after each row has been checked against the paths that there are. */
export function beyondTheCore(paths) {
  const missing = served.flatMap(([, wanted]) => wanted).filter((path) => !paths.includes(path))
  if (missing.length > 0) throw new Error(`said to be served: ${missing.join(', ')}`)
  const isServed = (path) => paths.some((one) => one === path || one.startsWith(`${path}/`))
  const there = leftOut.flatMap(([, unwanted]) => unwanted).filter(isServed)
  if (there.length > 0) throw new Error(`said to be left out: ${there.join(', ')}`)
  const row =
    (answer) =>
    ([what, named, remark]) => {
      const shown = named.map((path) => `\`${path}\``).join(', ')
      return `| ${what} | ${shown} | ${answer} | ${remark} |`
    }
  return `## Beyond the core

Teams, feature policies and what else there is around the resources that clients need: what of it is
served, and what is not and answers 404 \`RESOURCE_NOT_FOUND\` rather than an empty list.

| What | Where | Answer | |
|---|---|---|---|
${[...served, ...elsewhere].map(row('served')).join('\n')}
${leftOut.map(row('404')).join('\n')}
`
}
