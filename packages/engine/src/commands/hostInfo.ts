import { arch, cpus, hostname, release, totalmem, type, version } from 'node:os'
import { DateTime, Double } from '@gantry/bson'
import { arg } from './args.js'
import { command } from './command.js'

const MEGABYTE = 1024 * 1024

/** The machine that the server runs on. */
export const hostInfo = command({
  name: 'hostInfo',
  help: 'The machine that the server runs on',
  access: { action: 'hostInfo', on: 'cluster' },
  args: { hostInfo: arg.any },
  run(context) {
    const processors = cpus()
    return {
      system: {
        currentTime: DateTime.fromMs(context.now()),
        hostname: hostname(),
        cpuAddrSize: 64,
        memSizeMB: BigInt(Math.floor(totalmem() / MEGABYTE)),
        memLimitMB: BigInt(Math.floor(memoryLimit() / MEGABYTE)),
        numCores: processors.length,
        cpuArch: arch(),
      },
      os: { type: type(), name: version(), version: release() },
      extra: {
        cpuString: processors[0]?.model,
        cpuFrequencyMHz: new Double(processors[0]?.speed ?? 0),
      },
    }
  },
})

/** What the process may use, where the system limits it; otherwise all there is. */
function memoryLimit(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
