// How many documents a second go through the stages of a pipeline, read from memory?
// `node benchmarks/aggregate.js [documents]` (default 100000).
import { Double, encodeDocument, findElement, RawValue, valueSize } from '@gantry/bson'
import { leadingStages } from '../packages/engine/dist/aggregate/leading.js'
import { openPipeline, parsePipeline } from '../packages/engine/dist/aggregate/pipeline.js'

const count = Number(process.argv[2] ?? 100_000)
const rounds = 4

/** About 350 bytes. */
function person(i) {
  return encodeDocument({
    _id: i,
    name: `Person number ${i % 5000}`,
    age: (i * 7919) % 90,
    score: new Double(i * 0.37),
    address: { street: `${i} Main Street`, city: `City ${i % 100}`, zip: String(i % 1000) },
    tags: ['alpha', 'beta', `tag${i % 100}`],
    bio: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(2),
  })
}

const documents = Array.from({ length: count }, (_, i) => person(i))

const services = {
  overdue: () => false,
  hasIndex: () => false,
  read(_target, leading) {
    let at = 0
    let stream = { next: () => documents[at++] }
    for (const stage of leadingStages(leading)) stream = stage.open(stream, services)
    return stream
  },
}

function parse(stages) {
  const buf = encodeDocument({ stages })
  const at = findElement(buf, 0, Buffer.from('stages'))
  const value = new RawValue(buf, buf[at], at + 8, valueSize(buf, buf[at], at + 8))
  return parsePipeline(value, { db: 'test', collection: 'people' })
}

function run(pipeline) {
  const stream = openPipeline(pipeline, { db: 'test', collection: 'people' }, services)
  let results = 0
  while (stream.next() !== undefined) results++
  return results
}

const cases = {
  'match a field': [{ $match: { age: { $gt: 45 } } }],
  'match by expression': [{ $match: { $expr: { $gt: ['$age', 45] } } }],
  'project a computed field': [{ $project: { age: 1, twice: { $multiply: ['$age', 2] } } }],
  'set a computed field': [{ $set: { sum: { $add: ['$age', '$score'] } } }],
  'group into 100': [{ $group: { _id: '$address.city', n: { $sum: 1 }, avg: { $avg: '$score' } } }],
  'group into 5000': [{ $group: { _id: '$name', n: { $sum: '$age' } } }],
  sort: [{ $sort: { score: -1 } }],
  'sort, first ten': [{ $sort: { score: -1 } }, { $limit: 10 }],
  'unwind three elements': [{ $unwind: '$tags' }],
}

for (const [name, stages] of Object.entries(cases)) {
  const pipeline = parse(stages)
  run(pipeline)
  const times = []
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage()
    run(pipeline)
    const { user, system } = process.cpuUsage(start)
    times.push((user + system) / count)
  }
  console.log(
    `${name.padEnd(28)} ${Math.min(...times).toFixed(2)} µs of processor time per document`,
  )
}
