import { createSecureContext, type SecureContext } from 'node:tls'
import type { KeyAndCertificate } from './self-signed.js'

/** Gives the certificate as it is now, and makes a new one when it is about to end. */
export type Certificate = () => Promise<KeyAndCertificate>

const DAY_MS = 24 * 3600 * 1000

/** Calls `renewed` with the certificate every day, for as long as the process runs or until the returned function is called. */
export function renewDaily(
  certificate: Certificate,
  renewed: (certificate: KeyAndCertificate) => void,
): () => void {
  const timer = setInterval(() => {
    // The one in use is still good for a while, and tomorrow is another day.
    certificate().then(renewed, (error) => process.emitWarning(error))
  }, DAY_MS).unref()
  return () => clearInterval(timer)
}

/** A context for connections that are accepted elsewhere, renewed daily. */
export async function keepContext(certificate: Certificate): Promise<() => SecureContext> {
  let context = createSecureContext(await certificate())
  renewDaily(certificate, (renewed) => {
    context = createSecureContext(renewed)
  })
  return () => context
}

/** Lets those who ask at the same time share one answer, so that none makes a second certificate. */
export function shared(certificate: Certificate): Certificate {
  let current: Promise<KeyAndCertificate> | undefined
  return () => {
    current ??= certificate().finally(() => {
      current = undefined
    })
    return current
  }
}
