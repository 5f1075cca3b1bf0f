// What does it cost to turn JSON text into BSON and back? Beside it the built-in functions, which
// make and take JavaScript objects, and the `bson` package behind them, which does the same work.
// Option: the number of rounds (default 200000).
import { JsonWriter, parseJson } from '@gantry/bson'
import * as bson from 'bson'

const rounds = Number(process.argv[2] ?? 200_000)

const nested = {
  _id: { $oid: '50876f83cb72593131000000' },
  name: 'Wilhelmina Something',
  city: 'Austin',
  age: 35,
  email: 'someone.else@example.com',
  active: true,
  score: 12.75,
  tags: ['alpha', 'beta', 'gamma'],
  address: { street: '1200 Congress Avenue', zip: '78701', geo: [30.2672, -97.7431] },
  created: { $date: 1350873424334 },
  note: 'a somewhat longer text that fills up the document',
}
const flat = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [
    `field${i}`,
    [`some text value of thirty-five chars`, i * 1000, i + 0.5][i % 3],
  ]),
)

const writer = new JsonWriter()
for (const [name, value] of Object.entries({ nested, flat })) {
  const text = Buffer.from(JSON.stringify(value))
  const { buf } = parseJson(text)
  console.log(`${name}: ${text.length} bytes of text, ${buf.length} of BSON`)
  measure('text to BSON', () => parseJson(text))
  measure('  JSON.parse alone', () => JSON.parse(text.toString()))
  measure('  JSON.parse, bson.serialize', () => bson.serialize(JSON.parse(text.toString())))
  measure('BSON to text', () => {
    writer.document(buf)
    return writer.take()
  })
  measure('  JSON.stringify alone', () => Buffer.from(JSON.stringify(value)))
  measure('  bson.deserialize, JSON.stringify', () =>
    Buffer.from(JSON.stringify(bson.deserialize(buf))),
  )
}

/** Prints the best of five runs. */
function measure(name, run) {
  for (let i = 0; i < 20_000; i++) run()
  let best = Infinity
  for (let repeat = 0; repeat < 5; repeat++) {
    const start = process.cpuUsage()
    for (let i = 0; i < rounds / 5; i++) run()
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / (rounds / 5))
  }
  console.log(`  ${name.padEnd(34)} ${best.toFixed(2)} µs`)
}
