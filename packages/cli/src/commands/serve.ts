import { ConfigError, configHelp, readConfig, start } from '@gantry/server'

/** Exit status for a command line or configuration that cannot be used. */
const USAGE_ERROR = 2

/** Starts the server and leaves the process running until SIGTERM or SIGINT stops it. */
export async function serve(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(`gantry serve: start the server\n\n${configHelp()}\n`)
    return
  }
  try {
    const server = await start(readConfig(args))
    stopOnSignal(server.stop)
    process.stdout.write(`gantry ready at ${server.url}\n`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\nSee gantry serve --help.\n`)
    process.exitCode = USAGE_ERROR
  }
}

/** A second signal finds no handler any more and ends the process at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  const onSignal = () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
