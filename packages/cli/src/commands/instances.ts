import type { AccountClient, JsonDocument } from '@gantry/client'
import { connectAccount } from '../account-target.js'
import { CommandFailure, type Invocation, UsageError } from '../command.js'
import { print, printable, renderTable } from '../output.js'
import { readSecret } from '../target.js'
import { showInstanceOfKey } from './instance.js'

type Instance = Awaited<ReturnType<AccountClient['getInstance']>>

export async function listInstances(call: Invocation): Promise<void> {
  const instances = await (await connectAccount(call)).listInstances()
  print(call, instances as unknown as JsonDocument[], () =>
    renderTable(
      ['NAME', 'SERVICE', 'TYPE', 'PLAN', 'ZONE', 'STATE', 'CONNECTION'],
      instances.map((each) => [
        each.name,
        each.service,
        each.type,
        each.plan,
        each.zone,
        each.state,
        connectionText(each),
      ]),
    ),
  )
}

export async function showInstance(call: Invocation): Promise<void> {
  const instance = call.optional('NAME')
  if (instance === undefined) return showInstanceOfKey(call)
  show(call, await (await connectAccount(call)).getInstance({ instance }))
}

/** What is made unless options say otherwise. */
const defaults = {
  mongodb: { type: 'mongodb_replica_set', plan: '1', version: '3.4.10' },
  redis: { type: 'redis_ha_instance', plan: '500', version: '3.0.4' },
  elasticsearch: { type: 'elasticsearch', plan: '2', version: '5.1.1' },
} as const

export async function createInstance(call: Invocation): Promise<void> {
  await order(call, {})
}

/** The URI has a password in it, so that it is read, and no argument. */
export async function attachInstance(call: Invocation): Promise<void> {
  if (process.stdin.isTTY && call.option('uri-file') === undefined) {
    throw new UsageError('--uri-file is missing: a file with the URI, - for standard input')
  }
  const uri = readSecret(call.option('uri-file') ?? '-', 'URI')
  await order(call, { mode: 'attached', uri })
}

async function order(call: Invocation, extra: { mode?: 'attached'; uri?: string }) {
  const service = (call.option('service') ?? 'mongodb') as keyof typeof defaults
  const { type, plan, version } = defaults[service]
  const body = {
    name: call.argument('NAME'),
    service,
    type: call.option('type') ?? type,
    plan: call.option('plan') ?? plan,
    version: call.option('server-version') ?? version,
    zone: call.option('zone') ?? 'local',
    ...extra,
  }
  const client = await connectAccount(call)
  const made = await client.createInstance({ body })
  const isBuilding = made.state === 'REQUESTED' && !call.has('no-wait')
  const instance = made.name
  show(call, isBuilding ? await ready(client, instance) : await client.getInstance({ instance }))
}

const PAUSE_MS = 250

async function ready(client: AccountClient, name: string): Promise<Instance> {
  for (;;) {
    const instance = await client.getInstance({ instance: name })
    if (instance.state === 'ERROR') {
      throw new CommandFailure(`instance "${name}" could not be started; see the server's log`)
    }
    if (instance.state !== 'REQUESTED') return instance
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

export async function renameInstance(call: Invocation): Promise<void> {
  const [instance, name] = [call.argument('NAME'), call.argument('NEW')]
  const said = await (await connectAccount(call)).renameInstance({ instance, body: { name } })
  print(call, said, () => said)
}

export async function deleteInstance(call: Invocation): Promise<void> {
  const instance = call.argument('NAME')
  const client = await connectAccount(call)
  if (!call.has('yes')) {
    throw new UsageError(`"${instance}" would be deleted with all its data; add --yes if so`)
  }
  const said = await client.deleteInstance({ instance })
  print(call, said, () => said)
}

function show(call: Invocation, instance: Instance): void {
  print(call, instance as unknown as JsonDocument, () =>
    Object.entries(instance)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => {
        const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
        return `${printable(name).padEnd(WIDTH)}  ${printable(text)}`
      })
      .join('\n'),
  )
}

const WIDTH = 'servicenet_connect_string'.length

function connectionText({ connect_string, connection_strings }: Instance): string {
  return connect_string ?? connection_strings?.public.http ?? ''
}
