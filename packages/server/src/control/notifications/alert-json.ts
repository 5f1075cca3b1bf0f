import type { AlertDocument } from './message.js'

/** The body of a webhook: the alert as the Public API answers it, with the link to itself. */
export function alertJson(alert: AlertDocument, project: string, publicUrl: string): string {
  const self = `${publicUrl}/api/public/v1.0/groups/${project}/alerts/${alert.id}`
  return write({ ...alert, links: [{ href: self, rel: 'self' }] })
}

/** Fields in their order, dates to the second. */
function write(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(`${value.toISOString().slice(0, -5)}Z`)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`)
  return `{${fields.join(',')}}`
}
