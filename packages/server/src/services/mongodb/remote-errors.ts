import { nameOfCode } from '@gantry/engine'
import type * as Mongodb from 'mongodb'
import { AppError } from '../../errors.js'
import type { Driver } from './remote-values.js'

/** Codes of a server that is no longer what it was; another one can answer the same. */
const STATE_CHANGES = new Set([
  6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
])
const AUTHENTICATION_FAILED = 18

/** Whether a read that failed so may be sent once more. */
export function isRetryableRead(driver: Driver, error: unknown): boolean {
  if (error instanceof driver.MongoNetworkError) return true
  return error instanceof driver.MongoServerError && STATE_CHANGES.has(Number(error.code))
}

/**
 * What the driver threw, as the rest of Gantry knows it: `database` with MongoDB's code for
 * a refusal, `unavailable` where no server could be asked. No message holds a password.
 */
export function asAppError(driver: Driver, error: unknown, uri: string): unknown {
  if (error instanceof AppError) return error
  if (!(error instanceof driver.MongoError)) return error
  const message = withoutSecrets(error.message, uri)
  if (error instanceof driver.MongoServerError && Number(error.code) !== AUTHENTICATION_FAILED) {
    const { code, codeName } = refusalIn(error)
    return new AppError('database', message, { code, codeName })
  }
  if (error instanceof driver.MongoServerSelectionError || isLoss(driver, error)) {
    return new AppError('unavailable', `no MongoDB server can be reached: ${message}`)
  }
  if (error instanceof driver.MongoServerError) {
    return new AppError('unavailable', `MongoDB does not let us in: ${message}`)
  }
  return new AppError('invalid', message)
}

function isLoss(driver: Driver, error: Mongodb.MongoError): boolean {
  return (
    error instanceof driver.MongoNetworkError || error instanceof driver.MongoTopologyClosedError
  )
}

/** The driver hands a failed write over without the name of its code. */
function refusalIn({ code, codeName }: Mongodb.MongoServerError) {
  const number = Number(code)
  return { code: number, codeName: codeName ?? nameOfCode(number) }
}

/** A text in which neither a URI nor the password in it stands any more. */
export function withoutSecrets(text: string, uri: string): string {
  const password = /^[^:]+:\/\/[^/@]*?:([^@]*)@/.exec(uri)?.[1]
  const secrets = [uri, password, password && decoded(password)]
  return secrets
    .filter((secret) => secret !== undefined && secret !== '')
    .reduce<string>((rest, secret) => rest.replaceAll(secret as string, '***'), text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A URI with its password left out, to be shown. */
export function shownUri(uri: string): string {
  return uri.replace(/^([^:]+:\/\/)(?:([^:@/]*)(?::[^@]*)?@)?/, (_all, scheme, user) =>
    user ? `${scheme}${user}@` : scheme,
  )
}
