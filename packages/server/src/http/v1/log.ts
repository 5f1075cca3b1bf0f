import { createHash } from 'node:crypto'
import { DateTime, ObjectId, type Writable } from '@gantry/bson'
import type { LogLine, Severity } from '../../control/logs/log-line.js'
import type { ServerLog } from '../../control/logs/logs.js'

/** What syslog calls messages of programs that are no part of the system. */
const USER_FACILITY = 1

const syslogSeverities: Readonly<Record<Severity, number>> = {
  CRITICAL: 2,
  ERROR: 3,
  WARNING: 4,
  INFO: 6,
  DEBUG: 7,
}

/** The lines of a process as its host's syslog would have passed them on. */
export function presentLog({ host, process, pid, lines }: ServerLog): Writable[] {
  return lines.map((line) => {
    const time = DateTime.fromMs(line.timeMs ?? 0)
    return {
      _id: idOf(host, line),
      sys: host,
      msg: line.text,
      level: line.severity,
      time,
      time_rcvd: time,
      pid: String(pid),
      procid: process,
      syslog_tag: `${process}[${pid}]:`,
      syslog_fac: USER_FACILITY,
      syslog_sever: syslogSeverities[line.severity],
    }
  })
}

/** The same for the same line, so that whoever polls knows what is new. */
function idOf(host: string, { timeMs = 0, text }: LogLine): ObjectId {
  const seconds = Buffer.alloc(4)
  seconds.writeUInt32BE(Math.floor(timeMs / 1000) % 2 ** 32)
  const hash = createHash('sha256').update(`${host} ${timeMs} ${text}`).digest()
  return new ObjectId(Buffer.concat([seconds, hash.subarray(0, 8)]))
}
