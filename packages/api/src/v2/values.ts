import { choice, integer, named, object, record, type Schema, text } from '../schema.js'

/** An id as MongoDB's legacy extended JSON has it. */
export const objectId = named('ObjectId', object({ $oid: text({ pattern: '^[0-9a-f]{24}$' }) }))

/** A moment in milliseconds since 1970. */
export const date = named('Date', object({ $date: integer() }))

export const id = text({ pattern: '^[0-9a-f]{24}$' })

/** A moment as clients of old format it, in UTC. */
export const timeText = text({ pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$' })

/** What instances may be called. */
export const instanceName = text({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$',
  description: 'letters, digits, _ and -, beginning with a letter or digit; 63 at most',
})

export const service = choice(['mongodb', 'redis', 'elasticsearch'])

/** Something that a database says of itself, in legacy extended JSON. */
export const document: Schema<{ readonly [field: string]: unknown }> = record({})

export const opcounters = named(
  'Opcounters',
  object({
    command: integer(),
    delete: integer(),
    getmore: integer(),
    insert: integer(),
    query: integer(),
    update: integer(),
  }),
)
