// Writes docs/public-api.md from the contract of the Public API; the packages must have been built.
import { writeFileSync } from 'node:fs'
import { PUBLIC_PREFIX, publicApi, publicErrors } from '../packages/api/dist/index.js'
import { beyondTheCore } from './beyond-the-core.js'

const introduction = `# The Public API

Clients of Cloud Manager and Ops Manager find at \`${PUBLIC_PREFIX}\` what they know from there. This
page is made from the contract (\`npm run manual\`); edit \`scripts/public-api.js\` or
\`packages/api/src/public\`, not the page.

## Signing in

HTTP Digest, with the public and the private key of a programmatic key, or with the name of a user and
one of its personal keys. The first start writes a key that may do everything (\`GLOBAL_OWNER\`) to
\`credentials.json\`:

\`\`\`sh
curl --digest --user "$PUBLIC_KEY:$PRIVATE_KEY" 'http://127.0.0.1:8080${PUBLIC_PREFIX}?pretty=true'
\`\`\`

\`\`\`toml
# mongocli: <configuration folder>/mongocli/config.toml
[default]
service = "ops-manager"
ops_manager_url = "https://db.example.com/"
public_api_key = "abcdefgh"
private_api_key = "…"
\`\`\`

A user is an account of API v2: same id, and the login as its name. Every account has an organization
and a group of its own, in which its MongoDB instances are seen as hosts and clusters.

Users of an organization can be in teams (\`/orgs/{orgId}/teams\`), and a team can have roles in its groups
(\`/groups/{groupId}/teams\`): its members have them as long as they are in the team. A user's \`roles\` are
their own; those of \`teamIds\` come on top. \`?flattenTeams=true\` lists members of teams among the users of a
group.

Somebody is invited into an organization or a group with \`POST …/invites\`. The answer, and no other, has an
\`acceptToken\`: hand it to whom it is for, who accepts with it within 30 days. No mail is sent. Who is a user
already gets the roles (and comes into the teams); who is none says a name and a password, and becomes one:

\`\`\`sh
curl -H 'Content-Type: application/json' 'https://db.example.com${PUBLIC_PREFIX}/unauth/invites' \\
  -d '{"token":"…","firstName":"Ada","lastName":"L","password":"…"}'
\`\`\`

\`/hosts/{hostId}/performanceAdvisor\` reads what a process tells of slow operations: its log (of the embedded
engine the last 1024 lines) and the profiles of databases where they are on, which reach further back. What is
slow is the process's own matter (\`slowms\`). Suggested indexes have the fields that are compared with a value
first, then those in order, then ranges; \`weight\` is about which part of the time of all slow operations an
index would save, in percent. What is there already, or served by it, is not suggested.

## How it behaves

- Plain HTTP is for the machine itself; from elsewhere it takes TLS (\`--tls-port\`), a trusted proxy that
  says \`X-Forwarded-Proto: https\`, or \`--public-plain-http allow\`.
- Answers are JSON with fields in order; \`pretty=true\` indents, \`envelope=true\` puts the status into the
  body. Dates are ISO 8601, in UTC.
- Lists have pages: \`pageNum\` from 1, \`itemsPerPage\` up to 500 (100), \`includeCount\`. A client that goes
  on to the next page gets what follows the last one that it got, whatever was added or deleted meanwhile.
- Every object has \`links\`; from the root they lead everywhere. A measurement's \`self\` has its query
  string, as it cannot be asked for without.
- A body may have the fields that are there and no others. Those of the server's own can be sent back as
  they were got, so that a whole object may be; what changes by itself is not compared.
- An error is \`{"detail", "error", "errorCode", "parameters", "reason"}\`.
- A group has 100 calls a minute of the clock, whoever makes them (\`--public-rate-limit\`); then 429 with
  \`Retry-After\`.
- A key or user with an access list is let in from there only. Calls with **AL** below demand that there
  is one, unless \`--public-access-lists optional\`.
- Of two who change the same thing the last one wins.

More settings: \`--public-url\` for links behind a proxy, \`--public-digest md5+sha-256\`,
\`--public-nonce-lifetime\`, \`--public-keys-create-orgs\`; see [cli.md](cli.md).

## Hosts and clusters

Hosts are MongoDB processes: those of the account's MongoDB instances, those that automation runs, and
those that somebody adds (\`POST …/hosts\`). Instances of Redis and Elasticsearch are none, as this API has
no words for what they are; API v2 shows them.

- A process of the goal document is a host with the host name and port of the document, and its \`alias\`
  as a second name. It is asked with \`auth.autoUser\`; on the server's own machine where it listens, from
  elsewhere by its host name. Its settings are automation's (\`403 CANNOT_MODIFY_MANAGED_HOST\`).
- Its replica set or sharded cluster is a cluster by the name in the document, whose id stays the same
  for as long as the name does. An embedded engine without a set's name is a set of its own.
- Clusters that automation runs are backed up as instances are, once their backup configuration is set to
  \`STARTED\` or somebody asks for a snapshot: as a dump by way of its primary, or of its routers. The shards of
  a sharded cluster are backed up with it, and sets that are only monitored are not.
- Who removes a host hides it until it is added again; the process goes on.
- The server connects to whichever host and port a group names, its own machine and network included, and
  shows the group what it finds there. Whoever gives accounts to others is to have all processes that the
  server can reach ask for a login (\`auth\` of the goal document, users of attached instances).
- All of them are measured, each by one server. What is of the machine (\`SYSTEM_…\`, \`DISK_…\`, the list of
  disks) is known where the process is on the same machine as the server.

## Calls

Who may call: any of the roles; owners (\`GROUP_OWNER\`, \`ORG_OWNER\`, \`GLOBAL_OWNER\`) always may.
\`/whitelist\` is the same as \`/accessList\`.
Fields with \`*\` are needed. Beside the errors named, every call may answer those of its kind: 400 about
its query and body, 401 about credentials and roles, 403 about addresses, 404 about the ids of its path,
405, 415, 429.

| Call | What | Who | Takes | Answers | Errors |
|---|---|---|---|---|---|
`

const endpoints = Object.values(publicApi)
  .filter((value) => typeof value === 'object' && value !== null && 'method' in value)
  .sort((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1))

const unknown = endpoints.flatMap(({ errors = [] }) => errors.filter((code) => !publicErrors[code]))
if (unknown.length > 0) throw new Error(`no such error codes: ${unknown.join(', ')}`)

const rows = endpoints.map((endpoint) => `| ${cells(endpoint).join(' | ')} |`)
const page = new URL('../docs/public-api.md', import.meta.url)
const rest = beyondTheCore(endpoints.map(({ path }) => path))
writeFileSync(page, `${introduction}${rows.join('\n')}\n\n${rest}`)

function cells(endpoint) {
  const { method, path, summary, errors = [], accessList } = endpoint
  return [
    `${method} \`${path}\`${accessList ? ' **AL**' : ''}`,
    summary,
    who(endpoint.who),
    takes(endpoint),
    answers(endpoint),
    errors.map((code) => `${publicErrors[code][0]} ${code}`).join(', '),
  ]
}

function who(access) {
  switch (access.scope) {
    case 'everybody':
      return 'everybody'
    case 'caller':
      return 'any key'
    case 'special':
      return access.who
    default:
      if (access.roles[0] === 'GROUP_READ_ONLY') return 'members of the group'
      if (access.roles[0] === 'ORG_MEMBER') return 'members of the organization'
      return access.roles.join(', ')
  }
}

function takes({ body, items, query = {} }) {
  const fields = items
    ? `[${items.fields ? `{${names(items.fields)}}` : items.type}]`
    : body === 'any'
      ? 'object'
      : body && names(body)
  const parameters = Object.entries(query).map(
    ([name, { required }]) => `?${name}${required ? '*' : ''}`,
  )
  return [fields, ...parameters].filter(Boolean).join(' ')
}

function names(fields) {
  return Object.entries(fields)
    .filter(([, { readOnly }]) => !readOnly)
    .map(([name, { required }]) => name + (required ? '*' : ''))
    .join(', ')
}

function answers({ method, returns, status }) {
  const words = { nothing: '`{}`', bytes: 'bytes', list: 'list', array: 'array' }
  const code = status ?? (method === 'POST' && returns !== 'nothing' ? 201 : 200)
  return `${code} ${words[returns] ?? 'object'}`
}
