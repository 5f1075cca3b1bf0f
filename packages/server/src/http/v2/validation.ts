import type { V2Endpoint } from '@gantry/api'
import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { AppError } from '../../errors.js'

/** How the framework's validator is to take schemas: as they stand, changing no value. */
export const validatorOptions = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: false,
  strict: false,
} as const

/** The schemas of an endpoint as the framework wants them. A query may hold more than is known. */
export function schemasOf({ method, body, query }: V2Endpoint): {
  querystring: object
  body?: object
} {
  const { additionalProperties: _, ...openQuery } = query
  return { querystring: openQuery, ...(method !== 'GET' && { body }) }
}

/** Says what is wrong with a body or a query, and with which field. */
export function validationError(errors: FastifySchemaValidationError[]): AppError {
  // The last one tells of the whole where a value may be one of several.
  const { keyword, params, instancePath, message } = errors[errors.length - 1]
  const within = instancePath.slice(1).replaceAll('/', '.')
  const field = (name: unknown) => (within === '' ? String(name) : `${within}.${name}`)
  if (keyword === 'required') {
    return new AppError('invalid', `missing field: ${field(params.missingProperty)}`)
  }
  if (keyword === 'additionalProperties') {
    return new AppError('invalid', `unknown field: ${field(params.additionalProperty)}`)
  }
  const allowed = keyword === 'enum' ? `: ${String(params.allowedValues)}` : ''
  return new AppError('invalid', `invalid field: ${within} ${message}${allowed}`)
}

/** A body as the object that it must be, whatever type it claims; an empty one is `{}`. */
export function parseBody(bytes: Buffer): object {
  if (bytes.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch (cause) {
    throw new AppError('malformed', 'the body is not JSON', {}, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('malformed', 'the body is not a JSON object')
  }
  return value
}
