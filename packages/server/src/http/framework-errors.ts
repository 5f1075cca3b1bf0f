import { AppError, type ErrorKind } from '../errors.js'

const frameworkFaults: Readonly<Record<number, readonly [ErrorKind, string]>> = {
  404: ['no_route', 'not found'],
  405: ['method_not_allowed', 'method not allowed'],
  413: ['too_large', 'request too large'],
  415: ['unsupported_type', 'unsupported content type'],
}

/** The framework's own errors in our words; everything else as it is. */
export function asAppError(thrown: unknown): unknown {
  if (thrown instanceof AppError) return thrown
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_')) return thrown
  if (code === 'FST_ERR_BAD_URL') return new AppError('no_route', 'not found')
  if (typeof statusCode !== 'number' || statusCode >= 500) return thrown
  return new AppError(...(frameworkFaults[statusCode] ?? ['malformed', 'malformed request']))
}
