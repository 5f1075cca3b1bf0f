// The load tool in a process of its own: runs the jobs that it is sent, one after the other.
import autocannon from 'autocannon'

process.on('message', async (job) => process.send(await run(job)))
process.on('disconnect', () => process.exit(0))

/** Each connection goes through bodies of its own, so that they do not all ask for the same. */
async function run({ url, connections, seconds, bodies }) {
  const latencies = []
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { pathname } = new URL(url)
  const perConnection = Math.ceil(bodies.length / connections)
  let client = 0
  let answerSize
  let odd = 0
  const instance = autocannon({
    url,
    connections,
    duration: seconds,
    setupClient(connection) {
      const start = (client++ * perConnection) % bodies.length
      const own = bodies.slice(start, start + perConnection)
      connection.setRequests(own.map((body) => ({ method: 'POST', path: pathname, headers, body })))
    },
  })
  instance.on('response', (_client, status, size, latencyMs) => {
    latencies.push(latencyMs)
    answerSize ??= size
    if (status !== 200 || size !== answerSize) odd++
  })
  const result = await instance
  latencies.sort((a, b) => a - b)
  return {
    rps: latencies.length / result.duration,
    count: latencies.length,
    p50: latencies[Math.floor(latencies.length * 0.5)],
    p99: latencies[Math.floor(latencies.length * 0.99)],
    failures: odd + result.errors + result.timeouts,
  }
}
