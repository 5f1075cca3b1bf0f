import type { Address } from '../../binding.js'
import { AppError } from '../../errors.js'

/** Lets clients through to whoever serves; they wait while nobody does. */
export interface Door {
  /** Where clients are served now; undefined while they have to wait. */
  readonly address: Address | undefined
  open(at: Address): void
  close(): void
  /** For good: those who wait and those who come are sent away. */
  shut(): void
  /** Resolves when somebody serves; rejects when the door is shut. */
  wait(): Promise<Address>
}

interface Waiting {
  resolve(address: Address): void
  reject(error: Error): void
}

export function createDoor(): Door {
  let address: Address | undefined
  let isShut = false
  const waiting = new Set<Waiting>()
  const stopped = () => new AppError('unavailable', 'the Redis instance is stopped')
  return {
    get address() {
      return address
    },
    open(at) {
      address = at
      for (const { resolve } of waiting) resolve(at)
      waiting.clear()
    },
    close() {
      address = undefined
    },
    shut() {
      isShut = true
      address = undefined
      for (const { reject } of waiting) reject(stopped())
      waiting.clear()
    },
    wait() {
      if (isShut) return Promise.reject(stopped())
      if (address) return Promise.resolve(address)
      return new Promise((resolve, reject) => waiting.add({ resolve, reject }))
    },
  }
}
