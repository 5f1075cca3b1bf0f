import { execFile, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Who calls the Public API. */
export interface DigestKey {
  readonly publicKey: string
  readonly privateKey: string
}

export interface PublicReply {
  readonly status: number
  readonly text: string
}

/** A client of the Public API. */
export interface PublicClient {
  call(key: DigestKey, method: string, url: string, body?: unknown): Promise<PublicReply>
  close(): Promise<void>
}

/** A kind of clients; `missing` says how to have it when it is not installed. */
export interface PublicClientKind {
  readonly name: string
  readonly missing: string | undefined
  open(): PublicClient
}

const isThere = (command: string, ...args: string[]) => spawnSync(command, args).status === 0
const PYTHON = '/usr/bin/python3'

/** Those that the tests try. */
export const publicClients: readonly PublicClientKind[] = [
  {
    name: 'curl --digest',
    missing: isThere('curl', '--version') ? undefined : 'apt-get install curl',
    open: curlClient,
  },
  {
    name: 'Python requests with HTTPDigestAuth',
    missing: isThere(PYTHON, '-c', 'import requests')
      ? undefined
      : 'apt-get install python3-requests',
    open: pythonClient,
  },
  {
    name: 'Node.js, a nonce for each call and nc=1',
    missing: undefined,
    open: () => ({ call: callOnce, close: async () => {} }),
  },
]

const run = promisify(execFile)

function curlClient(): PublicClient {
  return {
    async call({ publicKey, privateKey }, method, url, body) {
      const sent = body === undefined ? [] : ['--data', JSON.stringify(body)]
      const json = ['--header', 'Content-Type: application/json']
      const args = ['--silent', '--globoff', '--digest', '--config', '-', '--request', method]
      const shown = ['--write-out', '\n%{http_code}', ...json, ...sent, url]
      const child = run('curl', [...args, ...shown])
      // Keys do not belong on a command line, which everybody on the machine can see.
      child.child.stdin?.end(`user = "${publicKey}:${privateKey}"\n`)
      const { stdout } = await child
      const end = stdout.lastIndexOf('\n')
      return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) }
    },
    close: async () => {},
  }
}

function pythonClient(): PublicClient {
  const program = fileURLToPath(new URL('../../drivers/requests_client.py', import.meta.url))
  const child = spawn(PYTHON, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: ((reply: PublicReply) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)))
  return {
    call: (key, method, url, body) =>
      new Promise((resolve) => {
        waiting.push(resolve)
        child.stdin.write(`${JSON.stringify({ ...key, method, url, body })}\n`)
      }),
    async close() {
      const exit = new Promise((resolve) => child.once('exit', resolve))
      child.stdin.end()
      await exit
    },
  }
}

/** As clients do that know of nothing but the challenge they have just got. */
async function callOnce(
  { publicKey, privateKey }: DigestKey,
  method: string,
  url: string,
  body?: unknown,
): Promise<PublicReply> {
  const headers = { 'content-type': 'application/json' }
  const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }
  const challenge = (await fetch(url, sent)).headers.get('www-authenticate') ?? ''
  const [, realm] = /realm="([^"]*)"/.exec(challenge) ?? []
  const [, nonce] = /nonce="([^"]*)"/.exec(challenge) ?? []
  const { pathname, search } = new URL(url)
  const uri = pathname + search
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const cnonce = randomBytes(8).toString('hex')
  const ha1 = md5(`${publicKey}:${realm}:${privateKey}`)
  const response = md5([ha1, nonce, '1', cnonce, 'auth', md5(`${method}:${uri}`)].join(':'))
  const authorization = `Digest username="${publicKey}", realm="${realm}", nonce="${nonce}", uri="${uri}", cnonce="${cnonce}", nc=1, qop=auth, response="${response}", algorithm="MD5"`
  const reply = await fetch(url, { ...sent, headers: { ...headers, authorization } })
  return { status: reply.status, text: await reply.text() }
}
