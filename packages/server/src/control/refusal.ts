import { publicErrors } from '@gantry/api'
import { AppError, type ErrorKind } from '../errors.js'

const kinds: { readonly [status: number]: ErrorKind } = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported_type',
  429: 'limited',
  500: 'unavailable',
}

/** A failure by an error code of the Public API, in which its parameters stand for `{0}`, `{1}` and so on. */
export function refusal(reason: string, ...parameters: readonly string[]): AppError {
  const [status, template] = publicErrors[reason] ?? publicErrors.UNEXPECTED_ERROR
  const message = template.replace(/\{(\d)\}/g, (_match, index) => parameters[Number(index)] ?? '')
  return new AppError(kinds[status] ?? 'invalid', message, { reason, parameters })
}
