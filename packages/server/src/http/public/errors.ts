import { STATUS_CODES } from 'node:http'
import { publicErrors } from '@gantry/api'
import { AppError, type ErrorKind } from '../../errors.js'
import type { Json } from './result.js'

/** An error document and its status. */
export interface ErrorDocument {
  readonly [name: string]: Json
  readonly error: number
  readonly errorCode: string
}

/** Error codes for failures that do not name one themselves. */
const reasons: { readonly [Kind in ErrorKind]?: string } = {
  invalid: 'VALIDATION_ERROR',
  unsupported: 'VALIDATION_ERROR',
  unauthenticated: 'USER_UNAUTHORIZED',
  forbidden: 'USER_UNAUTHORIZED',
  not_found: 'RESOURCE_NOT_FOUND',
  no_route: 'RESOURCE_NOT_FOUND',
  conflict: 'INVALID_MONITORING_STATE',
  limited: 'RATE_LIMITED',
  too_large: 'REQUEST_TOO_LARGE',
}

/** A failure as the Public API presents it; what is no `AppError` shows nothing of itself. */
export function errorDocument(error: unknown): ErrorDocument {
  if (!(error instanceof AppError)) return document('UNEXPECTED_ERROR', 500)
  const { reason, parameters } = error.details
  if (reason !== undefined) {
    return document(reason, publicErrors[reason]?.[0] ?? 500, error.message, parameters)
  }
  if (error.kind === 'unavailable') return document('UNEXPECTED_ERROR', 503, error.message)
  const code = reasons[error.kind] ?? 'UNEXPECTED_ERROR'
  const status = publicErrors[code][0]
  if (code === 'UNEXPECTED_ERROR') return document(code, status)
  return document(code, status, error.message, [error.message])
}

function document(
  errorCode: string,
  error: number,
  detail = publicErrors.UNEXPECTED_ERROR[1],
  parameters: readonly string[] = [],
): ErrorDocument {
  return { detail, error, errorCode, parameters, reason: STATUS_CODES[error] ?? 'Error' }
}
