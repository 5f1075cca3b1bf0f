import type { HttpReceiver } from '../../packages/server/src/testing/http-receiver.js'
import type { MailServer } from '../../packages/server/src/testing/mail-server.js'

// The package does not give away what only its tests use.
const testing = new URL('../../../packages/server/dist/testing/', import.meta.url)

/** A server that takes down what it is sent over HTTP. */
export async function openHttpReceiver(): Promise<HttpReceiver> {
  return (await import(new URL('http-receiver.js', testing).href)).openHttpReceiver()
}

/** A server that takes down what it is sent by SMTP. */
export async function openMailServer(): Promise<MailServer> {
  return (await import(new URL('mail-server.js', testing).href)).openMailServer()
}
