// Writes docs/events.md from the contracts of the APIs; the packages must have been built.
import { writeFileSync } from 'node:fs'
import { eventTypes, PUBLIC_PREFIX, publicApi, v1, v2 } from '../packages/api/dist/index.js'

const introduction = `# Events

Whatever is changed by any of the APIs, and so by \`gantry\`, is written down as an event before the call
is answered: who, what, and from where. So is what Gantry tells by itself, such as how a backup ended.
This page is made from the contracts (\`npm run manual\`); edit \`scripts/events.js\`,
\`packages/api/src/event-types.ts\` or the endpoints, not the page.

## Looking for them

\`\`\`sh
G=$URL${PUBLIC_PREFIX}/groups/$GROUP_ID
curl --digest --user "$KEY" "$G/events?eventType=ADD_HOST_AUDIT&eventType=DELETE_HOST_AUDIT"
curl --digest --user "$KEY" "$G/events?minDate=2026-01-05&maxDate=2026-01-06T12:00Z&clusterNames=shop"
curl --digest --user "$KEY" "$G/events?includeRaw=true&pretty=true"
\`\`\`

- The newest come first. Types are found whatever the case; one that does not exist finds nothing. Both
  dates count as well, to the second.
- \`GET ${PUBLIC_PREFIX}/orgs/{orgId}/events\` has what concerns the organization as such: itself, its
  groups coming and going, users, keys and access lists. What is done within a group is read there, by
  its members, as not every member of an organization is one.
- \`raw\` (\`includeRaw=true\`) is everything that was written down, with names that only some types have:
  \`clusterName\` (an instance's name), \`snapshot\`, \`plan\`, \`task\`, \`error\` and so on.
- Paging goes on behind the last event that a client has got, however many have come meanwhile. Who does
  not need \`totalCount\` says \`includeCount=false\`, which is faster where there are very many.

| Field | What |
|---|---|
| \`userId\`, \`username\` | the user, by API v1 and v2 the account |
| \`apiKeyId\`, \`publicKey\` | the programmatic key, where it was no user |
| \`isGlobalAdmin\` | whether who did it owns everything |
| \`remoteAddress\` | the client's address; behind a proxy of \`--trusted-proxies\` the one that it names |
| \`targetUsername\`, \`targetPublicKey\`, \`whitelistEntry\`, \`hostname\`, \`port\`, \`database\`, \`collection\` … | what it was done to |

A call that fails changes nothing and is not recorded. Documents are not told of, nor what drivers do
through MongoDB's own protocol. What has no user and no key was done by Gantry itself.

Events are kept for a year (\`--event-keep-days\`, 0 for ever); old ones are deleted once an hour.

## Types

| Type | What | Recorded by |
|---|---|---|
`

const calls = [
  ...callsOf(v1, ({ path }) => `v1 \`${path}\``),
  ...callsOf(v2, ({ method, path }) => `${method} \`${path}\``),
  ...callsOf(publicApi, ({ method, path }) => `public ${method} \`${path}\``),
]

function callsOf(api, name) {
  return Object.values(api)
    .filter((value) => typeof value === 'object' && value !== null && 'path' in value)
    .map((endpoint) => ({ name: name(endpoint), audit: endpoint.audit }))
}

const rows = Object.entries(eventTypes).map(([type, what]) => {
  const by = calls.filter(({ audit }) => [audit].flat().includes(type)).map(({ name }) => name)
  return `| \`${type}\` | ${what} | ${by.join(', ')} |`
})

const quiet = calls
  .filter(({ audit }) => typeof audit === 'object' && 'none' in audit && audit.none !== 'it reads')
  .map(({ name, audit }) => `| ${name} | ${audit.none} |`)

const page = new URL('../docs/events.md', import.meta.url)
writeFileSync(
  page,
  `${introduction}${rows.join('\n')}

## Calls that are not recorded

Beside those that read:

| Call | Why |
|---|---|
${quiet.join('\n')}
`,
)
