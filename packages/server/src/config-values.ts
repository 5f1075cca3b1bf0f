import { parseRanges } from './addresses/address-range.js'

export type ConfigValue = string | number | undefined

export type SettingType =
  | { readonly kind: 'text'; readonly placeholder: string }
  /** Of HTTP. */
  | { readonly kind: 'url'; readonly placeholder: string }
  /** Of a server that takes mails. */
  | { readonly kind: 'mail server'; readonly placeholder: string }
  /** An e-mail address, with a name in front of it or without. */
  | { readonly kind: 'mailbox'; readonly placeholder: string }
  /** IP addresses and blocks of them with commas between. */
  | { readonly kind: 'addresses'; readonly placeholder: string }
  /** Of keys, without slashes around it. */
  | { readonly kind: 'prefix'; readonly placeholder: string }
  | { readonly kind: 'port' }
  | { readonly kind: 'count' }
  | { readonly kind: 'choice'; readonly placeholder: string; readonly values: readonly string[] }
  /** Given in seconds, kept in milliseconds. */
  | { readonly kind: 'seconds'; readonly least: number; readonly most: number }

/** The value that a text stands for, or what is wrong with the text, to be put behind it. */
export function parseValue(
  type: SettingType,
  text: string,
): { value: ConfigValue } | { mistake: string } {
  switch (type.kind) {
    case 'text':
      return text === '' ? { mistake: 'must not be empty' } : { value: text }
    case 'url':
      return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
        ? { value: text }
        : { mistake: 'is not a URL as http://10.0.0.1:8080' }
    case 'mail server':
      return URL.canParse(text) && /^smtps?:\/\/[^/]/.test(text)
        ? { value: text }
        : { mistake: 'is not a URL as smtps://user:password@smtp.example.com' }
    case 'mailbox':
      return /^([^<>\p{Cc}]* )?<?[^\s<>@,;]+@[^\s<>@,;]+>?$/u.test(text)
        ? { value: text }
        : { mistake: 'is not an address as Gantry <gantry@example.com>' }
    case 'prefix':
      return /^[\w.-]+(\/[\w.-]+)*$/.test(text) && !/(^|\/)\.\.?(\/|$)/.test(text)
        ? { value: text }
        : { mistake: 'is not a prefix as gantry/production' }
    case 'addresses':
      return parseRanges(text)
        ? { value: text }
        : { mistake: 'is not a list of addresses as 10.0.0.1,10.1.0.0/16' }
    case 'port': {
      const port = wholeNumber(text)
      return port <= 65535 ? { value: port } : { mistake: 'is not a port from 0 to 65535' }
    }
    case 'count': {
      const count = wholeNumber(text)
      return Number.isSafeInteger(count)
        ? { value: count }
        : { mistake: 'is not a whole number from 0' }
    }
    case 'choice':
      return type.values.includes(text)
        ? { value: text }
        : { mistake: `is none of ${type.values.join(', ')}` }
    case 'seconds': {
      const seconds = wholeNumber(text)
      return seconds >= type.least && seconds <= type.most
        ? { value: seconds * 1000 }
        : { mistake: `is not a number of seconds from ${type.least} to ${type.most}` }
    }
  }
}

function wholeNumber(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
}
