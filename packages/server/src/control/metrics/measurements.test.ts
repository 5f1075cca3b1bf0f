import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Frame } from './frame.js'
import { measurements } from './measurements.js'

const gap = Number.NaN

/** Two steps of a minute each. */
function frameOf(numbers: { readonly [name: string]: readonly number[] }): Frame {
  const read = (name: string) => Float64Array.from(numbers[name] ?? assert.fail(name))
  return { startMs: 0, stepMs: 60_000, count: 2, average: read, most: read, rise: read }
}

describe('measurements', () => {
  const cases: { name: string; numbers: Record<string, number[]>; want: number[] }[] = [
    {
      name: 'OPCOUNTER_CMD',
      numbers: { 'opcounters.command': [1.5, gap] },
      want: [1.5, gap],
    },
    {
      name: 'QUERY_TARGETING_SCANNED_PER_RETURNED',
      numbers: { 'metrics.queryExecutor.scanned': [100, 7], 'metrics.document.returned': [50, 0] },
      want: [2, 0],
    },
    {
      name: 'OP_EXECUTION_TIME_READS',
      numbers: { 'opLatencies.reads.latency': [6000, gap], 'opLatencies.reads.ops': [3, gap] },
      want: [2, gap],
    },
    {
      name: 'OPLOG_RATE_GB_PER_HOUR',
      numbers: { 'oplog.bytes': [2 ** 30, 2 ** 30], 'oplog.windowSeconds': [3600, 0] },
      want: [1, 0],
    },
    {
      name: 'OPLOG_MASTER_LAG_TIME_DIFF',
      numbers: { 'oplog.windowSeconds': [100, gap], 'replication.lagMs': [2500, 0] },
      want: [97.5, gap],
    },
    {
      name: 'SYSTEM_NORMALIZED_CPU_USER',
      numbers: { 'system.cpu.user': [1000, 2000], 'system.cores': [4, 4] },
      want: [25, 50],
    },
    {
      name: 'PROCESS_CPU_KERNEL',
      numbers: { 'extra_info.system_time_us': [500_000, gap] },
      want: [50, gap],
    },
    {
      name: 'SYSTEM_MEMORY_USED',
      numbers: { 'system.memory.used': [2048, 1024] },
      want: [2, 1],
    },
    {
      name: 'RESTARTS_IN_LAST_HOUR',
      numbers: { restarts: [1, 1] },
      want: [1, 2],
    },
    {
      name: 'DISK_PARTITION_LATENCY_WRITE',
      numbers: { 'disk/sda1/writeMs': [30, 0], 'disk/sda1/writes': [10, 0] },
      want: [3, 0],
    },
    {
      name: 'DISK_PARTITION_UTILIZATION',
      numbers: { 'disk/sda1/busyMs': [1000, 100] },
      want: [100, 10],
    },
    {
      name: 'DATABASE_AVERAGE_OBJECT_SIZE',
      numbers: { 'db/shop/dataSize': [100, 0], 'db/shop/objects': [4, 0] },
      want: [25, 0],
    },
  ]
  for (const { name, numbers, want } of cases) {
    test(name, () => {
      const { values, scope } = measurements.find((each) => each.name === name) ?? assert.fail()
      const parts = { host: '', disk: 'disk/sda1/', database: 'db/shop/' }
      const found = values(frameOf(numbers), (need) => parts[scope] + need)
      assert.deepEqual([...found], want)
    })
  }

  test('have one name each, and all stand in the manual', () => {
    const names = measurements.map(({ name, scope }) => `${scope} ${name}`)
    assert.equal(new Set(names).size, names.length)
    const manual = readFileSync(new URL('../../../../../docs/metrics.md', import.meta.url), 'utf8')
    for (const { name } of measurements) {
      const plain = name.replace(/^MAX_/, '')
      assert.ok(manual.includes(`\`${plain}\``), `docs/metrics.md has no ${plain}`)
    }
  })
})
