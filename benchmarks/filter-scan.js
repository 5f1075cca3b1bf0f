// How many documents a second does a compiled filter get through, against decoding each
// document with the bson library and comparing the result? `node benchmarks/filter-scan.js`
import { deserialize, ObjectId, serialize } from 'bson'
import { compileFilter } from '../packages/engine/dist/query/compile.js'
import { parseFilter } from '../packages/engine/dist/query/parse.js'

const COUNT = 20_000
const ROUNDS = 25

/** About 350 bytes and ten fields; `status` and `age` decide. */
function person(i) {
  return {
    _id: new ObjectId(i.toString(16).padStart(24, '0')),
    name: `Person number ${i}`,
    email: `person.${i}@example.org`,
    age: (i * 7919) % 90,
    status: ['active', 'inactive', 'pending'][i % 3],
    score: (i * 31) / 7,
    created: new Date(1_700_000_000_000 + i * 60_000),
    address: { street: `${i} Main Street`, city: 'Springfield', zip: '12345', country: 'US' },
    tags: ['alpha', 'beta', `tag${i % 100}`],
    bio: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit.',
  }
}

const ids = Array.from({ length: 10_000 }, (_, i) => (i * 13) % 50_000)

const cases = [
  {
    name: 'two fields',
    filter: { status: 'active', age: { $gt: 60 } },
    plain: (doc) => doc.status === 'active' && doc.age > 60,
  },
  {
    name: 'one field near the end',
    filter: { created: { $gte: new Date(1_700_600_000_000) } },
    plain: (doc) => doc.created >= 1_700_600_000_000,
  },
  {
    name: 'dotted path and array',
    filter: { 'address.zip': '12345', tags: 'tag42' },
    plain: (doc) => doc.address.zip === '12345' && doc.tags.includes('tag42'),
  },
  {
    name: 'four fields, one missing',
    filter: {
      age: { $gte: 10, $lt: 80 },
      status: { $ne: 'pending' },
      score: { $gt: 5 },
      gone: null,
    },
    plain: (doc) =>
      doc.age >= 10 &&
      doc.age < 80 &&
      doc.status !== 'pending' &&
      doc.score > 5 &&
      doc.gone === undefined,
  },
  {
    name: '$in with 10,000 numbers',
    filter: { age: { $in: ids } },
    plain: (doc) => ids.includes(doc.age),
  },
  {
    name: 'regular expression',
    filter: { email: /7@example\.org$/ },
    plain: (doc) => /7@example\.org$/.test(doc.email),
  },
]

const documents = Array.from({ length: COUNT }, (_, i) => Buffer.from(serialize(person(i))))
const scanned = Buffer.concat(documents)
const offsets = []
for (let at = 0; at < scanned.length; at += scanned.readInt32LE(at)) offsets.push(at)

console.log(`${COUNT} documents of ${Math.round(scanned.length / COUNT)} bytes`)
for (const { name, filter, plain } of cases) {
  const matches = compileFilter(parseFilter(Buffer.from(serialize(filter)), 0))
  const compiled = measure(ROUNDS, () => {
    let found = 0
    for (let i = 0; i < offsets.length; i++) if (matches(scanned, offsets[i])) found++
    return found
  })
  const decoded = measure(3, () => documents.filter((bytes) => plain(deserialize(bytes))).length)
  if (compiled.found !== decoded.found) throw new Error(`${name}: the two disagree`)
  console.log(
    `${name.padEnd(26)} compiled ${millions(compiled)}  decoded ${millions(decoded)}  (${compiled.found} match)`,
  )
}

/** The best of the rounds, as others only show what else the machine was doing. */
function measure(rounds, run) {
  let found = 0
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    found = run()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9)
  }
  return { found, perSecond: COUNT / best }
}

function millions({ perSecond }) {
  return `${(perSecond / 1e6).toFixed(2).padStart(6)} M/s`
}
