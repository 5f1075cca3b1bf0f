/** Sends mails by an SMTP server, one connection and one recipient each. */
import { hostname } from 'node:os'
import { LOOPBACK } from '../../addresses/address-range.js'
import type { Delivery, Parcel } from './delivery.js'
import { isMailAddress } from './mail-address.js'
import { Undelivered } from './undelivered.js'

export interface MailSettings {
  /** `smtp://user:password@host:port`, or with smtps; undefined: none. */
  readonly smtpUrl: string | undefined
  /** Undefined: made up from the name of this machine. */
  readonly mailFrom: string | undefined
}

export const NO_SERVER = 'no SMTP server is configured: start Gantry with the setting smtp-url'

const CONNECT_MS = 10_000
const SILENCE_MS = 20_000
const WHOLE_MS = 45_000
const LONGEST_SUBJECT = 200
const LEAST_PERMANENT = 500

/** Rejects with an `Undelivered` unless the server has taken the mail. */
export async function sendMail(
  settings: MailSettings,
  { id }: Pick<Delivery, 'id'>,
  { address = '', subject, text }: Parcel,
  signal: AbortSignal,
): Promise<void> {
  const { smtpUrl, mailFrom = `gantry@${hostname()}` } = settings
  if (smtpUrl === undefined) throw new Undelivered(NO_SERVER, { isFinal: true })
  if (!isMailAddress(address)) {
    throw new Undelivered(`${JSON.stringify(address)} is not an e-mail address`, { isFinal: true })
  }
  const { createTransport } = await import('./mail-library.js')
  const transport = createTransport({
    url: smtpUrl,
    requireTLS: needsTls(smtpUrl),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const whole = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)])
  const sent = transport.sendMail({
    from: mailFrom,
    to: { name: '', address },
    subject: oneLine(subject),
    text,
    html: htmlOf(oneLine(subject), text),
    messageId: `<${id}@${domainOf(mailFrom)}>`,
    headers: { 'X-Gantry-Delivery': id, 'Auto-Submitted': 'auto-generated' },
  })
  try {
    await Promise.race([sent, aborted(whole)])
  } catch (error) {
    sent.catch(() => {})
    throw undelivered(error as SmtpError)
  } finally {
    transport.close()
  }
}

interface SmtpError extends Error {
  readonly code?: string
  readonly responseCode?: number
}

/** What whoever runs the servers can mend: the password, TLS. */
const passing = ['EAUTH', 'ETLS']

/** A server that does not want the mail never will; all else may be better tomorrow. */
function undelivered({ message, code = '', responseCode = 0 }: SmtpError): Undelivered {
  const isFinal = responseCode >= LEAST_PERMANENT && !passing.includes(code)
  return new Undelivered(`the SMTP server has not taken the mail: ${message}`, { isFinal })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(new Error('it took too long'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

/** A password goes over a network only under TLS. */
function needsTls(smtpUrl: string): boolean {
  const { hostname: host, username } = new URL(smtpUrl)
  const isHere = host === 'localhost' || LOOPBACK.has(host.replace(/^\[(.*)\]$/, '$1'))
  return username !== '' && !isHere
}

/** Of a sender, with a name in front of the address or without. */
function domainOf(sender: string): string {
  return sender.slice(sender.lastIndexOf('@') + 1).replace(/>$/, '')
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, LONGEST_SUBJECT)
}

function htmlOf(subject: string, text: string): string {
  const paragraphs = text.split('\n').map((line) => `<p>${escaped(line)}</p>`)
  return `<!doctype html><html><body><h3>${escaped(subject)}</h3>${paragraphs.join('')}</body></html>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
