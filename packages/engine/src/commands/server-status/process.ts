/** Sections of `serverStatus` about the process and those connected to it. */
import { readFileSync } from 'node:fs'
import type { Reply } from '../../engine.js'
import type { CommandContext } from '../command.js'

const MEGABYTE = 1024 * 1024

export function connections({ observer, operations }: CommandContext): Reply {
  const { current, created } = observer.counters.connections
  const active = new Set<number>()
  let awaitingTopologyChanges = 0
  for (const { session, command, waits } of operations.list()) {
    if (session.internal) continue
    const awaits = waits && (command === 'hello' || command === 'isMaster')
    if (awaits) awaitingTopologyChanges++
    else active.add(session.id)
  }
  return {
    current,
    available: Math.max(0, mostConnections - current),
    totalCreated: BigInt(created),
    rejected: 0n,
    active: active.size,
    threaded: current,
    exhaustIsMaster: 0n,
    exhaustHello: 0n,
    awaitingTopologyChanges: BigInt(awaitingTopologyChanges),
    loadBalanced: 0n,
  }
}

/** As MongoDB has it: four fifths of the files that the process may have open. Zero where the system does not tell. */
const mostConnections = Math.floor(openFilesLimit() * 0.8)

function openFilesLimit(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readText('/proc/self/limits'))
  return line ? Math.min(Number(line[1]), 1_000_000) : 0
}

/** Empty where there is no such file, as on systems without `/proc`. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export function mem(): Reply {
  const kilobytes = /^VmSize:\s+(\d+) kB/m.exec(readText('/proc/self/status'))
  const resident = Math.round(process.memoryUsage.rss() / MEGABYTE)
  const virtual = kilobytes ? Math.round(Number(kilobytes[1]) / 1024) : resident
  return { bits: 64, resident, virtual, supported: true }
}

export function extraInfo(): Reply {
  const usage = process.resourceUsage()
  return {
    note: 'fields vary by platform',
    user_time_us: BigInt(usage.userCPUTime),
    system_time_us: BigInt(usage.systemCPUTime),
    maximum_resident_set_kb: BigInt(usage.maxRSS),
    input_blocks: BigInt(usage.fsRead),
    output_blocks: BigInt(usage.fsWrite),
    page_reclaims: BigInt(usage.minorPageFault),
    page_faults: BigInt(usage.majorPageFault),
    voluntary_context_switches: BigInt(usage.voluntaryContextSwitches),
    involuntary_context_switches: BigInt(usage.involuntaryContextSwitches),
  }
}

export function network({ network: counted }: CommandContext): Reply {
  return {
    bytesIn: BigInt(counted.bytesIn),
    bytesOut: BigInt(counted.bytesOut),
    physicalBytesIn: BigInt(counted.physicalBytesIn),
    physicalBytesOut: BigInt(counted.physicalBytesOut),
    numSlowDNSOperations: 0n,
    numSlowSSLOperations: 0n,
    numRequests: BigInt(counted.requests),
  }
}

export function security({ observer }: CommandContext): Reply {
  const mechanisms = [...observer.counters.logins].map(
    ([mechanism, { speculative, all }]) =>
      [
        mechanism,
        {
          speculativeAuthenticate: counted(speculative),
          authenticate: counted(all),
        },
      ] as const,
  )
  return { authentication: { mechanisms: Object.fromEntries(mechanisms) } }
}

function counted({ received, successful }: { received: number; successful: number }) {
  return { received: BigInt(received), successful: BigInt(successful) }
}
