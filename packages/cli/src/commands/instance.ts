import type { JsonValue, LogLine } from '@gantry/client'
import type { Invocation } from '../command.js'
import { formatBytes, print, printable, renderTable } from '../output.js'
import { connect } from '../target.js'

export async function showInstanceOfKey(call: Invocation): Promise<void> {
  const instance = await connect(call).getInstance()
  print(call, { ...instance }, () =>
    Object.entries(instance)
      .map(([name, value]) => `${printable(name).padEnd(5)}  ${printable(String(value))}`)
      .join('\n'),
  )
}

export async function showLogs(call: Invocation): Promise<void> {
  const hosts = await connect(call).getLogs()
  print(call, hosts, () => {
    const several = Object.keys(hosts).length > 1
    return Object.entries(hosts)
      .flatMap(([host, lines]) =>
        lines.map((line) => printable(`${several ? `${host} ` : ''}${logText(line)}`)),
      )
      .join('\n')
  })
}

export async function showSpace(call: Invocation): Promise<void> {
  const space = await connect(call).getSpaceUsage()
  const { shards = [], ...total } = space
  print(call, { ...total, shards: shards.map((shard) => ({ ...shard })) }, () =>
    renderTable(
      ['', 'TOTAL', 'DATA', 'INDEXES', 'FILES'],
      [{ shard: 'all', ...total }, ...shards].map((each) => [
        each.shard,
        ...[each.total_size, each.data_size, each.index_size, each.file_size].map(formatBytes),
      ]),
    ),
  )
}

function logText({ time, level, msg }: LogLine): string {
  return [dateText(time), level, msg].filter((part) => part !== undefined).join(' ')
}

function dateText(time: JsonValue | undefined): string | undefined {
  const ms = typeof time === 'object' && time !== null && '$date' in time ? time.$date : undefined
  return typeof ms === 'number' ? new Date(ms).toISOString() : undefined
}
