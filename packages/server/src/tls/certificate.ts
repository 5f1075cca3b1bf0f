import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readFileIfThere, writePrivateFile } from '../data-dir/private-file.js'
import type { KeyAndCertificate } from './self-signed.js'

const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000

/** The files that a user has given. */
export async function readCertificate(
  certPath: string,
  keyPath: string,
): Promise<KeyAndCertificate> {
  const [cert, key] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')])
  return { cert, key }
}

/**
 * The self-signed certificate in a folder. It is made anew when there is none, when it ends
 * within a month or when it does not name all hosts.
 */
export async function keepSelfSigned(
  folder: string,
  host: string,
  now = Date.now(),
): Promise<KeyAndCertificate> {
  const hosts = hostsOf(host)
  // Key and certificate are one file, so that a crash cannot leave two that do not match.
  const path = join(folder, 'self-signed.pem')
  const known = parse(await readFileIfThere(path))
  if (known && isGood(known, hosts, now)) return known
  // Loaded when needed, which is once a year.
  const { makeSelfSigned } = await import('./self-signed.js')
  const made = makeSelfSigned(hosts, now)
  await writePrivateFile(path, made.key + made.cert)
  // Clients that want to trust it get a file without the key.
  await writePrivateFile(join(folder, 'ca.pem'), made.cert)
  return made
}

function hostsOf(host: string): string[] {
  const anywhere = host === '0.0.0.0' || host === '::'
  const named = [anywhere ? '' : host, hostname()].filter((name) => /^[!-~]+$/.test(name))
  return [...new Set(['localhost', '127.0.0.1', '::1', ...named])]
}

function parse(text: string | undefined): KeyAndCertificate | undefined {
  const at = text?.indexOf('-----BEGIN CERTIFICATE-----') ?? -1
  return text === undefined || at < 0 ? undefined : { key: text.slice(0, at), cert: text.slice(at) }
}

function isGood({ cert }: KeyAndCertificate, hosts: readonly string[], now: number): boolean {
  try {
    const x509 = new X509Certificate(cert)
    if (Date.parse(x509.validTo) - now < RENEW_BEFORE_MS) return false
    return hosts.every((host) => (isIP(host) ? x509.checkIP(host) : x509.checkHost(host)))
  } catch {
    return false
  }
}
