import type { Writable } from '@gantry/bson'
import { arg } from './args.js'
import { command } from './command.js'

/** How often and for how long each collection has been used. */
export const top = command({
  name: 'top',
  adminOnly: true,
  help: 'How often and for how long each collection has been used',
  access: { action: 'top', on: 'cluster' },
  takesAnything: true,
  args: { top: arg.any },
  run({ observer, plainCatalog }) {
    const totals: Map<string, Writable> = new Map([['note', 'all times in microseconds']])
    const known: [string, Writable][] = []
    observer.top.each((db, collection, use) => {
      if (!plainCatalog.find(db, collection)) return
      const entries = Object.entries(use).map(([heading, { time, count }]) => [
        heading,
        { time: BigInt(time), count: BigInt(count) },
      ])
      known.push([`${db}.${collection}`, Object.fromEntries(entries) as Writable])
    })
    known.sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [namespace, use] of known) totals.set(namespace, use)
    return { totals }
  },
})
