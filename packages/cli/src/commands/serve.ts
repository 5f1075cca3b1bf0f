import {
  AppError,
  ConfigError,
  configHelp,
  configOptions,
  type RunningServer,
  readConfig,
  start,
} from '@gantry/server'
import type { Option } from '../command.js'

/** Exit status for a start that failed, and for a command line that cannot be used. */
const FAILURE = 1
const USAGE_ERROR = 2

/** Starts the server and leaves the process running until SIGTERM or SIGINT stops it. */
export async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`gantry serve: start the server\n\n${configHelp()}\n`)
    return
  }
  try {
    const engine = [process.execPath, process.argv[1], 'mongod']
    const server = await start(readConfig(args), { engine })
    stopOnSignal(server.stop)
    reloadOnSignal(server.reload)
    if (server.newCredentials) process.stdout.write(welcome(server, server.newCredentials))
    process.stdout.write(`gantry ready ${server.url}\n`)
  } catch (error) {
    refuse(error)
  }
}

/** The server's settings, as options of the command. */
export function options(): readonly Option[] {
  return configOptions().map(({ name, placeholder, help, choices }) => ({
    name,
    value: placeholder,
    help,
    choices,
  }))
}

/** How to use what the first start made. Keys and passwords stay in their file: output is often kept. */
function welcome({ url, tlsUrl, mongodb }: RunningServer, credentials: string): string {
  return `Made an account and the MongoDB instance "default". Their credentials, for you alone, are in
  ${credentials}
Put a document in, and get it back, with its apiKey:
  curl ${url}/db/test/collection/things/add --data 'api_key=KEY&doc={"a": 1}'
  curl ${url}/db/test/collection/things/get --data 'api_key=KEY&doc={"a": 1}'
${mongodb ? `MongoDB drivers and mongosh reach it at port ${mongodb.port}, with its connectString.\n` : ''}${tlsUrl ? `The same over TLS, with a self-signed certificate unless you gave one:\n  ${tlsUrl}\n` : ''}`
}

/** What the user can put right is said in a line; anything else is a bug and shows where it is. */
function refuse(error: unknown): void {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\nSee gantry serve --help.\n`)
    process.exitCode = USAGE_ERROR
    return
  }
  if (!(error instanceof AppError)) throw error
  process.stderr.write(`gantry: ${error.message}\n`)
  process.exitCode = FAILURE
}

/** A server without a terminal takes a hang-up as the sign that its certificate has been replaced. */
function reloadOnSignal(reload: () => Promise<void>): void {
  if (process.stdin.isTTY) return
  process.on('SIGHUP', () => {
    reload().catch((error) => process.stderr.write(`gantry: certificate: ${error.message}\n`))
  })
}

/** Whoever asked to stop is told to expect no more than this. */
const STOP_DEADLINE_MS = 9_500

/** A second signal finds no handler any more and ends the process at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  const onSignal = () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    setTimeout(() => {
      process.stderr.write('gantry: not everything could be closed in time\n')
      process.exit(FAILURE)
    }, STOP_DEADLINE_MS).unref()
    stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error)
        process.exit(FAILURE)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
