// How close does API v1 come to a bare Fastify route (the floor) that parses the same form and JSON
// and answers as many bytes? One `gantry serve`, 64 connections, rounds that alternate with the floor.
//
//   node benchmarks/v1.js [--rounds 3] [--seconds 5] [--cases get,add] [--encoded] [--connections 64]
//
// `--encoded` sends what a form encoder makes; otherwise the JSON stands in the body as it is, as in
// the documented samples. About three minutes; `--seconds 1` is enough for a first impression.
import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ObjectId, serialize } from 'bson'
import { openEngine } from '../packages/engine/dist/index.js'
import { idHex, person } from './support/person.js'
import { floorServer, gantry, processorMs, startServer } from './support/processes.js'

const DOCUMENTS = 100_000
/** So many documents have one value of `group`. */
const PER_GROUP = 10
const GROUPS = DOCUMENTS / PER_GROUP
/** Different requests per case. */
const BODIES = 6400
const WARM_UP_SECONDS = 3

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    cases: { type: 'string', default: 'get,add,update,index' },
    encoded: { type: 'boolean', default: false },
  },
})
const [rounds, seconds, connections] = [options.rounds, options.seconds, options.connections].map(
  Number,
)

/** `doc` and `set` of the i-th request of each case, and what is aimed at in percent of the floor. */
const allCases = {
  get: {
    title: 'get by _id',
    operation: 'get',
    aim: 80,
    request: (i) => ({ doc: { _id: { $oid: idHex(scattered(i, DOCUMENTS)) } } }),
  },
  add: {
    title: 'add',
    operation: 'add',
    collection: 'added',
    aim: 75,
    request: (i) => ({ doc: { ...fields(i), created: { $date: 1_700_000_000_000 + i } } }),
  },
  update: {
    title: 'update by _id',
    operation: 'update',
    aim: 60,
    request: (i) => ({
      doc: { _id: { $oid: idHex(scattered(i, DOCUMENTS)) } },
      set: { $inc: { visits: 1 } },
    }),
  },
  index: {
    title: 'get of 10 by index',
    operation: 'get',
    collection: 'grouped',
    aim: 60,
    request: (i) => ({ doc: { group: 10_000 + scattered(i, GROUPS) } }),
  },
}

const folder = mkdtempSync(join(tmpdir(), 'v1-benchmark-'))
const stops = []
try {
  await main()
} finally {
  for (const stop of stops) await stop()
  rmSync(folder, { recursive: true })
}

async function main() {
  const serve = () =>
    startServer(process.execPath, [
      gantry,
      'serve',
      '--port',
      '0',
      '--mongo-port',
      '0',
      '--data-dir',
      folder,
    ])
  await (await serve()).stop()
  const { apiKey } = JSON.parse(readFileSync(join(folder, 'credentials.json'), 'utf8'))
  await fill(join(folder, 'instances', readdirSync(join(folder, 'instances'))[0]))
  const server = await serve()
  stops.push(server.stop)
  const load = startLoad()
  const cases = []
  for (const name of options.cases.split(','))
    cases.push(await prepare(allCases[name], server, apiKey))
  for (const { floor, own } of cases) {
    for (const job of [floor, own]) await load({ ...job, seconds: WARM_UP_SECONDS })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { floor, own, results } of cases) {
      results.floor.push(await measured(load, floor))
      results.own.push(await measured(load, own))
    }
  }
  print(cases)
}

/** 100,000 documents in two collections, one of them with an index besides `_id`. */
async function fill(path) {
  const engine = await openEngine({ path })
  const session = engine.connect({ internal: true })
  const run = (command) =>
    engine.run(session, { body: Buffer.from(serialize({ ...command, $db: 'bench' })) })
  await run({ createIndexes: 'grouped', indexes: [{ key: { group: 1 }, name: 'group_1' }] })
  for (let start = 0; start < DOCUMENTS; start += 1000) {
    const documents = Array.from({ length: 1000 }, (_, i) => document(start + i))
    await run({ insert: 'things', documents })
    await run({ insert: 'grouped', documents })
  }
  await engine.close()
}

function document(i) {
  return { _id: new ObjectId(idHex(i)), group: 10_000 + (i % GROUPS), ...fields(i) }
}

/** Those of a person, but all of equal size, as the floor's answer has only one. */
function fields(i) {
  return {
    ...person(1_000_000 + i),
    age: 42,
    status: 'active',
    score: 1.5,
    tags: ['alpha'],
    visits: 1_000_000,
  }
}

/** Spreads neighbours over the whole range. */
function scattered(i, range) {
  return (i * 7919) % range
}

/** Sends the first request by itself to learn the answer's size, and starts a floor that answers as much. */
async function prepare(options, server, apiKey) {
  const { operation, collection = 'things', request } = options
  const path = `/db/bench/collection/${collection}/${operation}`
  const bodies = Array.from({ length: BODIES }, (_, i) => bodyOf(apiKey, request(i)))
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: bodies[0],
  })
  const answer = await response.text()
  if (JSON.parse(answer).rc !== 0) throw new Error(answer)
  const floor = await startServer(process.execPath, [
    floorServer,
    JSON.stringify({ [operation]: answer }),
  ])
  stops.push(floor.stop)
  const job = { connections, seconds, bodies }
  return {
    ...options,
    size: Buffer.byteLength(answer),
    bodySize: Buffer.byteLength(bodies[0]),
    own: { ...job, url: server.url + path, pid: server.pid },
    floor: { ...job, url: floor.url + path, pid: floor.pid },
    results: { own: [], floor: [] },
  }
}

function bodyOf(apiKey, parameters) {
  const encode = options.encoded
    ? (text) => encodeURIComponent(text).replaceAll('%20', '+')
    : String
  const rest = Object.entries(parameters).map(
    ([name, value]) => `&${name}=${encode(JSON.stringify(value))}`,
  )
  return `api_key=${apiKey}${rest.join('')}`
}

function startLoad() {
  const child = fork(new URL('./support/load.js', import.meta.url))
  stops.push(() => child.disconnect())
  return ({ pid, ...job }) =>
    new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the load tool ended with ${code}`)))
      child.once('message', (result) => {
        child.removeAllListeners('exit')
        resolve(result)
      })
      child.send(job)
    })
}

async function measured(load, job) {
  const before = processorMs(job.pid)
  const result = await load(job)
  if (result.failures > 0) throw new Error(`${result.failures} requests to ${job.url} failed`)
  return { ...result, cpuUs: ((processorMs(job.pid) - before) * 1000) / result.count }
}

function print(cases) {
  console.log(
    `Node.js ${process.version}; ${connections} connections, ${rounds} rounds of ${seconds} s, medians; ${options.encoded ? 'encoded' : 'raw'} bodies\n`,
  )
  row(
    'case',
    'body/answer',
    'requests/s',
    'floor',
    '% of floor',
    'aim',
    'p50 ms',
    'p99 ms',
    'floor p99',
    'p99 ratio',
    'µs/request',
    'floor',
  )
  for (const { title, bodySize, size, aim, results } of cases) {
    const [own, floor] = [results.own, results.floor].map(
      (list) => (key) => median(list.map((result) => result[key])),
    )
    row(
      title,
      `${bodySize}/${size} B`,
      own('rps').toFixed(0),
      floor('rps').toFixed(0),
      `${((100 * own('rps')) / floor('rps')).toFixed(1)} %`,
      `${aim} %`,
      own('p50').toFixed(1),
      own('p99').toFixed(1),
      floor('p99').toFixed(1),
      (own('p99') / floor('p99')).toFixed(2),
      own('cpuUs').toFixed(0),
      floor('cpuUs').toFixed(0),
    )
  }
}

function row(first, ...rest) {
  console.log(first.padEnd(20) + rest.map((text) => text.padStart(12)).join(''))
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
