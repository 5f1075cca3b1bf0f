import type { Audit } from '@gantry/api'
import type { EventFacts } from '../control/events/event.js'
import type { Events } from '../control/events/events.js'

/** Writes down what a call has changed if its contract names one event for it; what it has thrown out is no change. */
export async function recordCall(
  events: Events,
  audit: Audit | undefined,
  facts: () => Promise<EventFacts> | EventFacts,
): Promise<void> {
  if (typeof audit === 'string') await events.record(audit, await facts())
}
