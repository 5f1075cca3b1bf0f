/** The documents of the driver benchmark. */
export const DOCUMENTS = 100_000
/** How many documents share a value of `group`, which is indexed. */
export const FOUND_BY_INDEX = 100
export const DOCUMENT_ID = 4711

const filler = 'x'.repeat(240)

/** A document of about 350 bytes with a given `_id`. */
export function documentOf(id) {
  return {
    _id: id,
    group: Math.floor(id / FOUND_BY_INDEX),
    name: `document ${id}`,
    count: id % 3000,
    active: id % 2 === 0,
    tags: ['red', 'green'],
    text: filler,
  }
}
