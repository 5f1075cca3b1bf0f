import { publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import type { AuditEvent, EventFacts } from '../../control/events/event.js'
import type { EventQuery } from '../../control/events/events.js'
import { refusal } from '../../control/refusal.js'
import { type Entity, type Listing, linkTo, path, self } from './result.js'
import { type PublicRoute, route } from './route.js'

const SECOND_MS = 1000

export const eventRoutes: readonly PublicRoute[] = [
  route(publicApi.listOrgEvents, ({ control, org, query }) => {
    const wanted = { ...readQuery(query), orgId: org.id }
    return listEvents(control, wanted, path`/orgs/${org.id}`, query.includeRaw)
  }),
  route(publicApi.getOrgEvent, async ({ control, org, params, query }) => {
    const event = await find(control, params.eventId)
    if (event?.facts.orgId !== org.id) throw refusal('ORG_EVENT_NOT_FOUND', params.eventId)
    return withUser(control, present(event, path`/orgs/${org.id}`, query.includeRaw))
  }),
  route(publicApi.listGroupEvents, ({ control, group, query }) => {
    const wanted = { ...readQuery(query), clusterNames: query.clusterNames, groupId: group.id }
    return listEvents(control, wanted, path`/groups/${group.id}`, query.includeRaw)
  }),
  route(publicApi.getGroupEvent, async ({ control, group, params, query }) => {
    const event = await find(control, params.eventId)
    if (event?.facts.groupId !== group.id) throw refusal('EVENT_NOT_FOUND', params.eventId)
    return withUser(control, present(event, path`/groups/${group.id}`, query.includeRaw))
  }),
]

async function find(control: Control, id: string): Promise<AuditEvent | undefined> {
  return /^[0-9a-f]{24}$/.test(id) ? control.events.get(id) : undefined
}

/** Dates are answered in whole seconds, and so they are compared. */
function readQuery(query: {
  readonly eventType: readonly string[]
  readonly minDate: Date | undefined
  readonly maxDate: Date | undefined
}): EventQuery {
  const { eventType, minDate, maxDate } = query
  if (minDate && maxDate && minDate > maxDate) {
    throw refusal('INVALID_DATE_RANGE', minDate.toISOString(), maxDate.toISOString())
  }
  const secondOf = (date: Date) => Math.floor(date.getTime() / SECOND_MS) * SECOND_MS
  return {
    types: eventType.map((type) => type.toUpperCase()),
    minMs: minDate && secondOf(minDate),
    maxMs: maxDate && secondOf(maxDate) + SECOND_MS - 1,
  }
}

function listEvents(
  control: Control,
  query: EventQuery,
  scope: string,
  isRaw: boolean | undefined,
): Listing {
  const { events } = control
  /** The last one that the client has. */
  let known: string | undefined
  let isMore = false
  return {
    total: () => events.count(query),
    isMore: () => isMore,
    behind(keys) {
      known = keys.reduce((oldest, key) => (key < oldest ? key : oldest))
      // Nobody has to count them, as the page begins behind that one.
      return 0
    },
    async page(skip, limit) {
      // Counted from the one that is known, as there may be more in front of it by now.
      const found =
        known === undefined
          ? await events.list(query, skip, limit + 1)
          : await events.olderThan(known, query, limit + 1)
      isMore = found.length > limit
      return found
        .slice(0, limit)
        .map((event) => ({ key: event.id, entity: present(event, scope, isRaw) }))
    },
  }
}

/** What of an event is shown by its own name. */
const shown = [
  'alertConfigId',
  'alertId',
  'apiKeyId',
  'collection',
  'currentValue',
  'database',
  'groupId',
  'hostname',
  'isGlobalAdmin',
  'metricName',
  'opType',
  'orgId',
  'port',
  'publicKey',
  'remoteAddress',
  'replicaSetName',
  'shardName',
  'targetPublicKey',
  'targetUsername',
  'teamId',
  'userId',
  'username',
  'whitelistEntry',
] as const

function present(event: AuditEvent, scope: string, isRaw: boolean | undefined): Entity {
  const { id, eventTypeName, createdMs, facts } = event
  const fields = shown.map((name) => [name, facts[name]])
  return {
    ...Object.fromEntries(fields),
    created: new Date(createdMs),
    eventTypeName,
    id,
    raw: isRaw ? rawOf(event) : undefined,
    links: [
      self(`${scope}/events/${id}`),
      linkTo(scope.startsWith('/orgs/') ? 'org' : 'group', scope),
    ],
  }
}

/** Everything that is kept of it, with those names that only some types have. */
function rawOf({ id, eventTypeName, createdMs, facts }: AuditEvent) {
  return { ...(facts as EventFacts), created: new Date(createdMs), eventTypeName, id }
}

/** With a link to who did it, as long as there is such a user. */
async function withUser(control: Control, event: Entity): Promise<Entity> {
  const { userId, links } = event
  if (typeof userId !== 'string' || !(await control.members.get(userId))) return event
  return { ...event, links: [...links, linkTo('user', path`/users/${userId}`)] }
}
