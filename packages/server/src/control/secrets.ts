import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { readFileIfThere, writePrivateFile } from '../data-dir/private-file.js'
import { AppError } from '../errors.js'

export { hashPassword, verifyPassword } from '../passwords.js'

/** What the server's key can do. The key itself stays inside. */
export interface Secrets {
  /** Encrypts a text for one purpose; only `open` with the same purpose gives it back. */
  seal(text: string, purpose: string): Buffer
  /** Throws when the bytes were not sealed with this key and for this purpose. */
  open(sealed: Buffer, purpose: string): string
  /** The same for the same text: to look a key up by, without the store giving the key away. */
  lookupHash(text: string): string
  /** The HMAC-SHA1 of a text for one purpose. */
  sign(text: string, purpose: string): Buffer
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Reads the server's key, and makes it when there is none yet and `mayCreate` says so:
 * with a state that was sealed by a lost key a new one would be of no use.
 */
export async function openSecrets(path: string, mayCreate: boolean): Promise<Secrets> {
  let text = await readFileIfThere(path)
  if (text === undefined) {
    if (!mayCreate) {
      throw new AppError('unavailable', `the key file ${path} is missing; restore it to start`)
    }
    text = `${randomBytes(KEY_BYTES).toString('hex')}\n`
    await writePrivateFile(path, text)
  }
  const key = Buffer.from(text.trim(), 'hex')
  if (key.length !== KEY_BYTES) {
    throw new AppError('unavailable', `the key file ${path} does not hold a key`)
  }
  return secretsOf(key)
}

function secretsOf(key: Buffer): Secrets {
  const sealKey = derive(key, 'seal')
  const lookupKey = derive(key, 'lookup')
  const signKeys = new Map<string, Buffer>()
  return {
    seal(text, purpose) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce)
      cipher.setAAD(Buffer.from(purpose))
      const sealed = [cipher.update(text, 'utf8'), cipher.final()]
      return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed])
    },
    open(sealed, purpose) {
      const nonce = sealed.subarray(0, NONCE_BYTES)
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv('aes-256-gcm', sealKey, nonce, options)
      decipher.setAAD(Buffer.from(purpose))
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES))
      return Buffer.concat([text, decipher.final()]).toString()
    },
    lookupHash: (text) => createHmac('sha256', lookupKey).update(text).digest('hex'),
    sign(text, purpose) {
      const signKey = signKeys.get(purpose) ?? derive(key, `sign ${purpose}`)
      signKeys.set(purpose, signKey)
      return createHmac('sha1', signKey).update(text).digest()
    },
  }
}

function derive(key: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `gantry ${use}`, KEY_BYTES))
}
