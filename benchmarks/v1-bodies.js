// What does it cost to read the form of an API v1 call into BSON? Beside it what a server without
// any tolerance would do, which ends with a JavaScript object. Option: rounds (default 200000).
import querystring from 'node:querystring'
import { readBody } from '../packages/server/dist/http/v1/body.js'

const rounds = Number(process.argv[2] ?? 200_000)
const key = '0123456789abcdef0123456789abcdef'

const small = '{"city":"Austin"}'
const large = JSON.stringify({
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
})

for (const [name, doc] of Object.entries({ small, large })) {
  const encoded = encodeURIComponent(doc).replaceAll('%20', '+')
  for (const [form, value] of Object.entries({ raw: doc, encoded })) {
    const body = Buffer.from(`api_key=${key}&doc=${value}`)
    console.log(`${name}, ${form}: ${body.length} bytes`)
    measure('readBody', () => {
      const form = readBody(body, 'application/x-www-form-urlencoded')
      if (form.apiKey !== key) throw new Error('wrong key')
      return form.documents()
    })
    measure('querystring, JSON.parse', () => JSON.parse(querystring.parse(body.toString()).doc))
  }
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
