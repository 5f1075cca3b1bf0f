import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP, SocketAddress } from 'node:net'
import {
  bitString,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  TRUE,
  time,
  utf8String,
} from './der.js'

/** A certificate and its private key, both PEM. */
export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

const DAY_MS = 24 * 3600 * 1000
/** Clients of some makers refuse server certificates that are valid for longer. */
const VALID_DAYS = 397

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
}

/**
 * A certificate for host names and addresses, signed by its own key (P-256). It may also
 * be given to clients as the authority to trust.
 */
export function makeSelfSigned(hosts: readonly string[], now: number): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
  const algorithm = sequence(oid(OID.ecdsaWithSha256))
  const name = sequence(setOf(sequence(oid(OID.commonName), utf8String('Gantry'))))
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + VALID_DAYS * DAY_MS))),
    name,
    publicInfo,
    explicit(3, sequence(...extensions(hosts, publicInfo))),
  )
  const signature = sign('sha256', content, privateKey)
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: pem(sequence(content, algorithm, bitString(signature))),
  }
}

function extensions(hosts: readonly string[], publicInfo: Buffer): Buffer[] {
  const keyId = createHash('sha1').update(publicInfo).digest()
  // digitalSignature and keyCertSign, the first and the sixth bit.
  const usage = bitString(Buffer.from([0b10000100]), 2)
  return [
    sequence(oid(OID.basicConstraints), TRUE, octetString(sequence(TRUE))),
    sequence(oid(OID.keyUsage), TRUE, octetString(usage)),
    sequence(oid(OID.extendedKeyUsage), octetString(sequence(oid(OID.serverAuth)))),
    sequence(oid(OID.subjectKeyIdentifier), octetString(octetString(keyId))),
    sequence(oid(OID.subjectAltName), octetString(sequence(...hosts.map(alternativeName)))),
  ]
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) return implicit(7, Buffer.from(host.split('.').map(Number)))
  if (isIP(host) === 6) return implicit(7, addressBytes(host))
  return implicit(2, Buffer.from(host, 'latin1'))
}

function addressBytes(host: string): Buffer {
  // The class writes any form of an address out in the shortest one.
  const { address } = new SocketAddress({ address: host, family: 'ipv6' })
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const plain = dotted
    ? `${dotted[1]}${hexWord(dotted[2], dotted[3])}:${hexWord(dotted[4], dotted[5])}`
    : address
  const [front, back] = plain.split('::').map((half) => half.split(':').filter(Boolean))
  const words = back
    ? [...front, ...new Array<string>(8 - front.length - back.length).fill('0'), ...back]
    : front
  return Buffer.from(words.map((word) => word.padStart(4, '0')).join(''), 'hex')
}

function hexWord(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16)
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
