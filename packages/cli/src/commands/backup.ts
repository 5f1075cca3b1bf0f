import type { AccountClient, JsonDocument } from '@gantry/client'
import { connectAccount } from '../account-target.js'
import { CommandFailure, type Invocation, UsageError } from '../command.js'
import { formatBytes, print, printable, renderTable } from '../output.js'

type Backup = Awaited<ReturnType<AccountClient['getBackup']>>
type Task = Awaited<ReturnType<AccountClient['getTask']>>

const INSTANCE = 'default'
const instanceOf = (call: Invocation) => call.option('instance') ?? INSTANCE

export async function createBackup(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  const instance = instanceOf(call)
  const days = call.option('keep-days')
  const body = {
    ...(call.option('layout') !== undefined && {
      layout: call.option('layout') as 'archive' | 'directory',
    }),
    ...(days !== undefined && { keep_days: numberOf('keep-days', days) }),
  }
  const { task, label } = await client.createBackup({ instance, body })
  await finished(call, client, String(task))
  show(call, await client.getBackup({ instance, backup: label }))
}

export async function listBackups(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  const instance = instanceOf(call)
  const backups = call.has('all')
    ? await client.listAllBackups()
    : await client.listBackups({ instance })
  print(call, backups as unknown as JsonDocument[], () =>
    renderTable(
      ['BACKUP', 'INSTANCE', 'STATE', 'REASON', 'DOCUMENTS', 'SIZE', 'VERIFIED'],
      backups.map((each) => [
        each.label,
        each.instance_name,
        each.state,
        each.reason,
        each.documents,
        formatBytes(each.size),
        each.verified === undefined ? '' : each.verified.ok ? 'yes' : 'DAMAGED',
      ]),
    ),
  )
}

export async function showBackup(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  show(
    call,
    await client.getBackup({ instance: instanceOf(call), backup: call.argument('BACKUP') }),
  )
}

export async function verifyBackup(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  const which = { instance: instanceOf(call), backup: call.argument('BACKUP') }
  await finished(call, client, (await client.verifyBackup(which)).id)
  show(call, await client.getBackup(which))
}

export async function restoreBackup(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  const instance = instanceOf(call)
  const [into, made] = [call.option('into'), call.option('new')]
  if (into !== undefined && made !== undefined)
    throw new UsageError('--into and --new are both given')
  const target = made ?? into ?? instance
  if (made === undefined && !call.has('yes')) {
    throw new UsageError(`everything in "${target}" would be replaced; add --yes if so`)
  }
  const body = {
    ...(target !== instance && { into: target }),
    ...(made !== undefined && { new: true }),
    ...(call.has('no-users') && { users: false }),
    ...(call.has('no-safety') && { safety: false }),
  }
  const backup = call.argument('BACKUP')
  const { id } = await client.restoreBackup({ instance, backup, body })
  const task = await finished(call, client, id)
  print(call, task as unknown as JsonDocument, () => `restored into ${printable(target)}`)
}

export async function deleteBackup(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  const which = { instance: instanceOf(call), backup: call.argument('BACKUP') }
  const task = await finished(call, client, (await client.deleteBackup(which)).id)
  print(call, task as unknown as JsonDocument, () => `deleted ${printable(which.backup)}`)
}

export async function scheduleBackups(call: Invocation): Promise<void> {
  const client = await connectAccount(call)
  const instance = instanceOf(call)
  const [at, hours, days] = ['at', 'every-hours', 'keep-days'].map((name) => call.option(name))
  if (call.has('on') && call.has('off')) throw new UsageError('--on and --off are both given')
  const body = {
    ...(call.has('on') && { enabled: true }),
    ...(call.has('off') && { enabled: false }),
    ...(at !== undefined && { at }),
    ...(hours !== undefined && { every_hours: numberOf('every-hours', hours) }),
    ...(days !== undefined && { keep_days: numberOf('keep-days', days) }),
  }
  const schedule =
    Object.keys(body).length > 0
      ? await client.setBackupSchedule({ instance, body })
      : await client.getBackupSchedule({ instance })
  print(call, schedule as unknown as JsonDocument, () => {
    const { enabled, every_hours, keep_days } = schedule
    return enabled
      ? `every ${every_hours} hours, from ${schedule.at} UTC on, kept for ${keep_days} days`
      : 'off'
  })
}

function numberOf(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`${name}: "${text}" is not a whole number`)
}

const PAUSE_MS = 200

/** Waits for a task, and shows how far it is; throws a `CommandFailure` with what went wrong. */
async function finished(call: Invocation, client: AccountClient, id: string): Promise<Task> {
  const bar = progressBar(call)
  try {
    for (;;) {
      const task = await client.getTask({ id })
      if (task.state === 'succeeded') return task
      if (task.state === 'failed' || task.state === 'cancelled') {
        const note = task.note === undefined ? '' : ` (${task.note})`
        throw new CommandFailure(printable(`${task.error ?? task.state}${note}`))
      }
      bar.show(task)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  } finally {
    bar.clear()
  }
}

const BAR = 24

/** On a terminal that is no dumb one, on standard error, so that output stays what it is; else nothing. */
function progressBar(call: Invocation) {
  const { stderr } = process
  const isShown = stderr.isTTY && !call.has('json')
  return {
    show({ progress, step }: Task) {
      if (!isShown) return
      const done = Math.round(Math.min(1, Number(progress)) * BAR)
      const percent = String(Math.floor(Number(progress) * 100)).padStart(3)
      const text = `[${'#'.repeat(done)}${' '.repeat(BAR - done)}] ${percent} % ${printable(step)}`
      stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns || 80) - 1)}`)
    },
    clear() {
      if (isShown) stderr.write('\r\u001b[K')
    },
  }
}

function show(call: Invocation, backup: Backup): void {
  print(call, backup as unknown as JsonDocument, () => {
    const { label, instance_name, backup_directory, error_msg, documents, size, verified } = backup
    const rows: [string, string][] = [
      ['backup', label],
      ['instance', instance_name],
      ['result', error_msg],
      ['format', `${backup.format}; ${backup.consistency}`],
      ['documents', String(documents)],
      ['size', formatBytes(size)],
      ['where', `${backup.backup_host}:${backup_directory}`],
      ...(verified ? [['verified', verified.message] as [string, string]] : []),
    ]
    return rows.map(([name, text]) => `${name.padEnd(9)}  ${printable(text)}`).join('\n')
  })
}
