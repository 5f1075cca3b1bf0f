import { Binary, encodeDocument, RawValue, type Timestamp, type Writable } from '@gantry/bson'
import type { Reply } from '../engine.js'

/** Nobody checks signatures here; clients send back what they got. */
const signature: Writable = { hash: new Binary(Buffer.alloc(20)), keyId: 0n }

let last: { readonly time: Timestamp; readonly fields: Reply } | undefined

/** The fields that tell a client of the engine's logical time, for causal consistency. Most replies in a row tell the same. */
export function clusterTimeFields(time: Timestamp): Reply {
  if (last?.time !== time) {
    const clusterTime = RawValue.document(encodeDocument({ clusterTime: time, signature }))
    last = { time, fields: { $clusterTime: clusterTime, operationTime: time } }
  }
  return last.fields
}
