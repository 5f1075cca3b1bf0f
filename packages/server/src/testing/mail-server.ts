import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** A mail as it was handed in. */
export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** Name and password, if they were asked for. */
  readonly login: string | undefined
  /** Header and body. */
  readonly data: string
}

/** An SMTP server (RFC 5321) that keeps what it is handed. */
export interface MailServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** Everything that was said to it outside of mails. */
  readonly commands: readonly string[]
  /** What is answered to commands that begin so, such as `RCPT` or `.` for the end of a mail, instead of success. */
  readonly refusals: Map<string, string>
  /** Resolves when there are so many mails. */
  until(count: number): Promise<void>
  close(): Promise<void>
}

export async function openMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const commands: string[] = []
  const refusals = new Map<string, string>()
  const sockets = new Set<Socket>()
  const waiting: { readonly count: number; readonly done: () => void }[] = []
  const take = (mail: ReceivedMail) => {
    mails.push(mail)
    for (const { count, done } of waiting) if (mails.length >= count) done()
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    converse(socket, { refusals, take, hear: (line) => commands.push(line) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    commands,
    refusals,
    until: (count) =>
      new Promise((done) => {
        if (mails.length >= count) done()
        else waiting.push({ count, done })
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Session {
  readonly refusals: ReadonlyMap<string, string>
  readonly take: (mail: ReceivedMail) => void
  readonly hear: (line: string) => void
}

const replies: { readonly [command: string]: string } = {
  EHLO: '250-mail.example.com\r\n250 AUTH PLAIN',
  AUTH: '235 2.7.0 Welcome',
  MAIL: '250 2.1.0 Sender OK',
  RCPT: '250 2.1.5 Recipient OK',
  DATA: '354 Go on',
  RSET: '250 2.0.0 Forgotten',
  QUIT: '221 2.0.0 Bye',
}

function converse(socket: Socket, { refusals, take, hear }: Session): void {
  let from = ''
  let to: string[] = []
  let login: string | undefined
  /** Of the mail that is being handed in. */
  let lines: string[] | undefined
  const say = (reply: string) => socket.write(`${reply}\r\n`)
  const onCommand = (line: string) => {
    hear(line)
    const verb = line.slice(0, 4).toUpperCase()
    const refusal = refusals.get(verb)
    if (refusal) {
      say(refusal)
      return
    }
    if (verb === 'AUTH') login = Buffer.from(line.split(' ')[2], 'base64').toString()
    if (verb === 'MAIL') from = addressIn(line)
    if (verb === 'RCPT') to.push(addressIn(line))
    if (verb === 'DATA') lines = []
    say(replies[verb] ?? '500 5.5.2 Unknown command')
    if (verb === 'QUIT') socket.end()
  }
  const onEnd = () => {
    const data = lines?.join('\r\n') ?? ''
    lines = undefined
    const refusal = refusals.get('.')
    if (refusal) {
      say(refusal)
      return
    }
    take({ from, to, login, data })
    to = []
    say('250 2.0.0 Taken')
  }
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    if (!lines) onCommand(line)
    else if (line === '.') onEnd()
    else lines.push(line.startsWith('.') ? line.slice(1) : line)
  })
  say('220 mail.example.com ESMTP')
}

function addressIn(line: string): string {
  return /<(.*?)>/.exec(line)?.[1] ?? ''
}
