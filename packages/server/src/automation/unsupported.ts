import type { Goal } from './goal.js'

/** Fields of processes that ask for what no agent here can do. */
const UNSUPPORTED: { readonly [field: string]: string } = {
  numCores: 'agents do not bind processes to cores',
  cpuAffinity: 'agents do not bind processes to cores',
  kmipProxyPort: 'there is no KMIP proxy',
  lastKmipMasterKeyRotation: 'agents rotate no master keys',
  defaultRWConcern: 'set it with the command setDefaultRWConcern',
}

const RESTORE = /^backupRestore/
const RESTORE_REASON = 'restore by way of restoreJobs'

/** Fields of processes that are refused by name; those that ask for nothing are let through. */
export function* unsupportedFaults({ processes }: Goal): Generator<string> {
  for (const [i, process] of processes.entries()) {
    for (const [field, value] of Object.entries(process)) {
      const reason = RESTORE.test(field)
        ? RESTORE_REASON
        : Object.hasOwn(UNSUPPORTED, field) && UNSUPPORTED[field]
      if (reason && asksForSomething(value)) {
        yield `processes[${i}].${field} is not supported: ${reason}.`
      }
    }
  }
}

function asksForSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}
