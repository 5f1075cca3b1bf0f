/** What clients of Ops Manager ask for outside of its Public API: the version of the server, before they sign in. */
import type { IncomingMessage } from 'node:http'
import type { AddressSet } from '../../addresses/address-range.js'
import { GANTRY_VERSION } from '../../control/agents/versions.js'
import { refusal } from '../../control/refusal.js'
import type { PrefixApp } from '../lazy-app.js'
import { failed, send } from '../public/answer.js'
import { headersOf, withHeaders } from '../public/error-headers.js'
import { errorDocument } from '../public/errors.js'
import { checkTransport } from '../public/transport.js'
import { PRIVATE_PREFIX } from './prefix.js'

export interface PrivateAppOptions {
  readonly proxies?: AddressSet
  /** Serves plain HTTP to other machines too. */
  readonly plainHttp: boolean
}

const VERSION_PATH = `${PRIVATE_PREFIX}/unauth/version`
const PLAIN = { pretty: false, envelope: false }

/** Of a server that was not built from a repository there is no hash to tell. */
const VERSION = `gitHash=unknown; versionString=${GANTRY_VERSION}`

export function buildPrivate(options: PrivateAppOptions): PrefixApp {
  return {
    handle(request, response) {
      request.resume()
      try {
        check(request, options)
        response.setHeader('content-type', 'text/plain; charset=utf-8')
        response.setHeader('content-length', Buffer.byteLength(VERSION))
        response.setHeader('x-mongodb-service-version', VERSION)
        response.end(request.method === 'HEAD' ? undefined : VERSION)
      } catch (error) {
        void send(response, failed(errorDocument(error), headersOf(error as Error)), PLAIN, false)
      }
    },
    async close() {},
  }
}

function check(request: IncomingMessage, options: PrivateAppOptions): void {
  const { method = '', url = '' } = request
  checkTransport(request, options)
  const [path] = url.split('?')
  if (path !== VERSION_PATH) throw refusal('RESOURCE_NOT_FOUND', path)
  if (method !== 'GET' && method !== 'HEAD') {
    throw withHeaders(refusal('METHOD_NOT_ALLOWED', method, path), { allow: 'GET, HEAD' })
  }
}
