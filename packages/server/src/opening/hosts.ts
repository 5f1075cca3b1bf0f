import { type AddressSet, addressSet, parseRanges } from '../addresses/address-range.js'
import type { Config } from '../config.js'

/** Those who are believed when they say for whom they connect. */
export function proxiesOf({ trustedProxies }: Config): AddressSet {
  return addressSet(parseRanges(trustedProxies ?? '') ?? [])
}

/** Where to reach a server that listens everywhere, as others are told; undefined: where it listens. */
export function publicHost({ host, peerUrl }: Config): string | undefined {
  const isEverywhere = host === '0.0.0.0' || host === '::'
  return isEverywhere && peerUrl !== undefined ? hostIn(peerUrl) : undefined
}

/** The host of a URL, that of an IPv6 address without its brackets. */
export function hostIn(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}
