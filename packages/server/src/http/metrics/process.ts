import { readdir } from 'node:fs/promises'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Family } from './exposition.js'

/** What this process takes, and how late its event loop is. */
export interface ProcessMeter {
  families(): Promise<Family[]>
  close(): void
}

const RESOLUTION_MS = 20
const NS = 1e-9
const US = 1e-6

/** Measures the event loop from now on, which wakes it up again and again: only for those who look. */
export function createProcessMeter(): ProcessMeter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return {
    async families() {
      const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      const files = await openFiles()
      return [
        counter('process_cpu_seconds_total', 'Processor time of the server', (user + system) * US),
        gauge('process_resident_memory_bytes', 'Memory of the server', rss),
        gauge(
          'process_start_time_seconds',
          'When the server was started, in seconds since 1970',
          performance.timeOrigin / 1000,
        ),
        ...(files === undefined ? [] : [gauge('process_open_fds', 'Open files', files)]),
        gauge('nodejs_heap_size_total_bytes', 'Size of the heap', heapTotal),
        gauge('nodejs_heap_size_used_bytes', 'What is used of the heap', heapUsed),
        gauge('nodejs_external_memory_bytes', 'Memory outside of the heap', external),
        ...lag(delay),
      ]
    },
    close: () => void delay.disable(),
  }
}

/** Since the last look. */
function lag(delay: IntervalHistogram): Family[] {
  // Each value holds the pause that was meant, too.
  const seconds = (ns: number) => Math.max(0, ns * NS - RESOLUTION_MS / 1000)
  const measured = delay.count > 0
  const families = [
    gauge(
      'nodejs_eventloop_lag_mean_seconds',
      'How late the event loop was on average, since the last look',
      measured ? seconds(delay.mean) : 0,
    ),
    gauge(
      'nodejs_eventloop_lag_p99_seconds',
      'How late the event loop was 99 times of 100 at most, since the last look',
      measured ? seconds(delay.percentile(99)) : 0,
    ),
    gauge(
      'nodejs_eventloop_lag_max_seconds',
      'How late the event loop was at most, since the last look',
      measured ? seconds(delay.max) : 0,
    ),
  ]
  delay.reset()
  return families
}

/** Undefined where the system does not tell. */
async function openFiles(): Promise<number | undefined> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return undefined
  }
}

function gauge(name: string, help: string, value: number): Family {
  return { name, type: 'gauge', help, samples: [{ labels: {}, value }] }
}

function counter(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: [{ labels: {}, value }] }
}
