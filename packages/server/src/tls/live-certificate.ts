import { unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { KeyAndCertificate } from './self-signed.js'

/** A certificate that is replaced while it is in use. */
export interface LiveCertificate {
  readonly current: KeyAndCertificate
  /** For connections that are accepted from now on. */
  context(): SecureContext
  /** Calls back with every later one, until the returned function is called. */
  onRenewed(renewed: (certificate: KeyAndCertificate) => void): () => void
  /** Reads it again. Rejects when that gives no certificate with its key: the one in use stays. */
  reload(): Promise<void>
  /** No longer looks for a newer one. */
  close(): void
}

export interface LiveCertificateOptions {
  /** Gives the certificate as it is now, and makes a new one when it is about to end. */
  readonly read: () => Promise<KeyAndCertificate>
  /** Files that may be replaced at any time. */
  readonly files: readonly string[]
  /** Told why a newer one could not be taken. */
  readonly warn: (error: unknown) => void
}

const DAY_MS = 24 * 3600 * 1000
const LOOK_MS = 2_000

/** Reads a certificate, and again every day and whenever one of its files has changed. */
export async function openLiveCertificate(
  options: LiveCertificateOptions,
): Promise<LiveCertificate> {
  const { read, files, warn } = options
  const listeners = new Set<(certificate: KeyAndCertificate) => void>()
  let current = await read()
  let context = createSecureContext(current)
  let reloading: Promise<void> | undefined

  async function load(): Promise<void> {
    const newer = await read()
    // Throws when key and certificate do not match, as while their files are being replaced.
    context = createSecureContext(newer)
    current = newer
    for (const listener of listeners) listener(current)
  }

  function reload(): Promise<void> {
    const next = (reloading ?? Promise.resolve()).then(load, load)
    reloading = next
    return next
  }

  const renew = () => void reload().catch(warn)
  const timer = setInterval(renew, DAY_MS).unref()
  for (const file of files) watchFile(file, { interval: LOOK_MS }, renew)
  return {
    get current() {
      return current
    },
    context: () => context,
    onRenewed(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    reload,
    close() {
      clearInterval(timer)
      for (const file of files) unwatchFile(file, renew)
    },
  }
}
