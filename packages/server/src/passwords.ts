import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)
const SCRYPT = { N: 16384, r: 8, p: 1 }
const HASH_BYTES = 32

/** A salted scrypt hash that holds its own parameters, so that they may change later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await scryptAsync(password, salt, HASH_BYTES, SCRYPT)
  const { N, r, p } = SCRYPT
  return ['scrypt', N, r, p, salt.toString('base64'), hash.toString('base64')].join('$')
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt, hash] = stored.split('$')
  const wanted = Buffer.from(hash, 'base64')
  const options = { N: Number(N), r: Number(r), p: Number(p) }
  const got = await scryptAsync(password, Buffer.from(salt, 'base64'), wanted.length, options)
  return timingSafeEqual(got, wanted)
}
