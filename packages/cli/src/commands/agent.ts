import { hostname as machineName } from 'node:os'
import { resolve } from 'node:path'
import { AppError, GANTRY_VERSION, keepId, runAgent } from '@gantry/server'
import { goalFile } from '../agent/goal-file.js'
import { type HttpFeed, openHttpFeed } from '../agent/http-feed.js'
import { type ServerLink, serverLink } from '../agent/server-link.js'
import { CommandFailure, type Invocation, UsageError } from '../command.js'
import { type Environment, readEnvironment } from '../environment.js'
import { readCertificates, readSecret } from '../target.js'

/** Where the agent keeps what it knows, unless it is told. */
const FOLDER = './gantry-agent'

/** Does a project's goal on this host until SIGTERM or SIGINT, which leave its processes running. */
export async function agent(call: Invocation): Promise<void> {
  const env = readEnvironment()
  const url = serverUrl(call, env)
  const hostname = call.option('hostname') ?? machineName()
  const folder = resolve(call.option('dir') ?? FOLDER)
  const key = keyOf(call, env)
  const link = linkTo(url, readCertificates(call.option('tls-ca') ?? env.ca), key)
  const feed = openHttpFeed({
    link,
    hostname,
    agentVersion: GANTRY_VERSION,
    folder: await folderId(folder),
    group: call.option('group'),
    file: goalFile({ folder, server: url, hostname, key }),
    connected({ project, projectName }) {
      process.stdout.write(
        `gantry agent ready: ${hostname}, group ${projectName} (${project}) of ${url}\n`,
      )
    },
    say,
  })
  await work(call, { hostname, folder, feed, link })
}

interface Work {
  readonly hostname: string
  readonly folder: string
  readonly feed: HttpFeed
  readonly link: ServerLink
}

async function work(call: Invocation, { hostname, folder, feed, link }: Work): Promise<void> {
  const ended = ending()
  const running = await runAgent({
    hostnames: [hostname],
    folder,
    feed,
    programs: {
      mongod: call.option('mongod'),
      mongos: call.option('mongos'),
      engine: [process.execPath, process.argv[1], 'mongod'],
    },
    warn: say,
  }).catch((error: unknown) => {
    throw error instanceof AppError ? new CommandFailure(error.message) : error
  })
  try {
    await Promise.race([ended, feed.failed])
    say('ending; the processes go on')
  } finally {
    feed.hurry()
    await running.stop()
    link.close()
  }
}

function say(message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${message}\n`)
}

function linkTo(url: string, ca: string | undefined, key: string): ServerLink {
  try {
    return serverLink({ url, ca, key })
  } catch (error) {
    throw new UsageError(`server: ${(error as Error).message}`)
  }
}

/** A key is not sent where others can read it, unless somebody says that it may be. */
function serverUrl(call: Invocation, env: Environment): string {
  const text = call.option('server') ?? env.url
  if (text === undefined) throw new UsageError('no server is given: use --server')
  if (!URL.canParse(text)) throw new UsageError(`server: "${text}" is not a URL`)
  const { protocol, hostname } = new URL(text)
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  if (protocol === 'http:' && !isLocal && !call.has('plain-http')) {
    throw new UsageError(
      'server: the agent API key would go to another machine in the clear: give an https URL, or --plain-http if nobody can listen',
    )
  }
  return text.replace(/\/$/, '')
}

function keyOf(call: Invocation, env: Environment): string {
  const file = call.option('key-file')
  if (file !== undefined) return readSecret(file, 'key-file')
  if (env.agentKey !== undefined) return env.agentKey
  throw new UsageError('no agent API key is given: use --key-file, or GANTRY_AGENT_KEY')
}

/** The folder is made when it is not there. */
async function folderId(folder: string): Promise<string> {
  try {
    return await keepId(folder, 'agent-id')
  } catch (error) {
    throw new CommandFailure(`dir: ${(error as Error).message}`)
  }
}

/** A second signal finds no handler any more and ends the process at once. */
function ending(): Promise<void> {
  return new Promise((done) => {
    const onSignal = () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
      done()
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
  })
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
