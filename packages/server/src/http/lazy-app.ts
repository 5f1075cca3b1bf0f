import type { RequestListener } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'

/** What serves the requests below a path. */
export interface PrefixApp {
  readonly handle: RequestListener
  /** Answers, in its own words, that the server is shutting down; missing: anybody's words will do. */
  readonly refuse?: RequestListener
  /** Refuses all requests from now on. */
  close(): Promise<void>
}

export interface LazyApp extends PrefixApp {
  /** Where its paths begin, without a slash at the end. */
  readonly prefix: string
}

/** An app that is built with its first request, and never if there is none. */
export function lazyApp(
  prefix: string,
  log: FastifyBaseLogger,
  build: () => Promise<PrefixApp>,
): LazyApp {
  let building: Promise<PrefixApp> | undefined
  let built: PrefixApp | undefined
  return {
    prefix,
    get refuse() {
      return built?.refuse
    },
    handle(request, response) {
      if (built) return built.handle(request, response)
      building ??= build()
      building
        .then((app) => {
          built = app
          app.handle(request, response)
        })
        .catch((error: unknown) => {
          // The next request tries again.
          building = undefined
          log.error({ err: error, prefix }, 'an API could not be loaded')
          response.writeHead(500).end()
        })
    },
    async close() {
      await (await building)?.close()
    },
  }
}
