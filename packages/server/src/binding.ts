import type { AddressInfo, ListenOptions, Server } from 'node:net'
import { AppError } from './errors.js'

/** Where a client of this machine can reach a server. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Makes a server listen; port 0 takes any free one. Rejects with `unavailable`, the cause
 * behind it, when the port cannot be had.
 */
export async function bind(
  server: Server,
  options: ListenOptions & { readonly host: string; readonly port: number },
): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error) => {
      const message = `cannot listen on ${options.host} port ${options.port}: ${cause.message}`
      reject(new AppError('unavailable', message, {}, { cause }))
    }
    server.once('error', refuse)
    server.listen(options, () => {
      server.off('error', refuse)
      resolve()
    })
  })
  const { address, port } = server.address() as AddressInfo
  return { host: reachable(address), port }
}

/** Whether `bind` failed because somebody else has the port. */
export function isPortTaken(error: unknown): boolean {
  const cause = error instanceof AppError ? (error.cause as NodeJS.ErrnoException) : undefined
  return cause?.code === 'EADDRINUSE'
}

/** `host:port` as it stands in a URL. */
export function authority({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** An address that a client can use, also when all of them are listened on. */
export function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}
