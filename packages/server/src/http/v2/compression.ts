import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const compress = promisify(gzip)

/** The body compressed, or undefined when the client does not take that. */
export async function gzipped(
  acceptEncoding: string | string[] | undefined,
  body: Buffer | string,
): Promise<Buffer | undefined> {
  if (body.length === 0 || !acceptsGzip(String(acceptEncoding ?? ''))) return undefined
  return compress(body)
}

/** What is named counts before what `*` stands for; `q=0` is a refusal. */
export function acceptsGzip(header: string): boolean {
  const accepted = new Map<string, boolean>()
  for (const part of header.split(',')) {
    const [name, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const quality = parameters.find((text) => text.startsWith('q='))?.slice(2)
    if (name) accepted.set(name, Number(quality ?? 1) > 0)
  }
  return accepted.get('gzip') ?? accepted.get('x-gzip') ?? accepted.get('*') ?? false
}
