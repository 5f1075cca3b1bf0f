import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest()
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** The access key that a request names, and whether it was signed with a secret (AWS Signature Version 4). */
export function readSignature(req: IncomingMessage, url: URL, body: Buffer) {
  const authorization = req.headers.authorization ?? ''
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(authorization)?.[1] ?? ''
  const [accessKey = '', day = '', region = '', service = ''] = part('Credential').split('/')
  const signed = part('SignedHeaders').split(';')
  const hash = String(req.headers['x-amz-content-sha256'])
  return {
    accessKey,
    isBodyRight: hash === 'UNSIGNED-PAYLOAD' || hash === sha256(body),
    isSignedWith(secret: string): boolean {
      const query = [...url.searchParams]
        .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
        .sort()
        .join('&')
      const headers = signed.map((name) => `${name}:${String(req.headers[name]).trim()}\n`).join('')
      const canonical = [req.method, url.pathname, query, headers, signed.join(';'), hash]
      const scope = `${day}/${region}/${service}/aws4_request`
      const toSign = ['AWS4-HMAC-SHA256', req.headers['x-amz-date'], scope]
      const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
        hmac,
        `AWS4${secret}`,
      )
      const text = [...toSign, sha256(canonical.join('\n'))].join('\n')
      return hmac(key, text).toString('hex') === part('Signature')
    },
  }
}
