import type { PublicErrors } from './error.js'

/** Faults of a request that has not been understood, whatever it is for. */
export const syntaxErrors: PublicErrors = {
  MALFORMED_JSON: [400, 'The body is not JSON.'],
  INVALID_JSON: [400, 'The body must be a JSON {0}.'],
  INVALID_ATTRIBUTE: [400, 'There is no attribute {0}.'],
  ATTRIBUTE_READ_ONLY: [400, 'The attribute {0} cannot be set here.'],
  INVALID_JSON_ATTRIBUTE: [400, 'The attribute {0} has a wrong type or value.'],
  INVALID_ENUM_VALUE: [400, 'The attribute {0} cannot be {1}.'],
  MISSING_ATTRIBUTE: [400, 'The attribute {0} is missing.'],
  MISSING_ATTRIBUTES: [400, 'The attributes {0} are missing.'],
  MISSING_ONE_OF_ATTRIBUTES: [400, 'Exactly one of the attributes {0} and {1} must be given.'],
  ATTRIBUTE_NEGATIVE: [400, 'The attribute {0} cannot be negative.'],
  ATTRIBUTE_NEGATIVE_OR_ZERO: [400, 'The attribute {0} must be greater than zero.'],
  INVALID_DATE_FORMAT: [400, 'The date in {0} is not in the format of ISO 8601.'],
  INVALID_DATE_RANGE: [400, 'The dates {0} and {1} make no range that can be answered.'],
  FRACTIONAL_TIMESTAMP: [400, 'The timestamp in {0} must be whole seconds.'],
  INVALID_QUERY_PARAMETER: [400, 'The query parameter {0} has an invalid value.'],
  MISSING_QUERY_PARAMETER: [400, 'The query parameter {0} is missing.'],
  MUTUALLY_EXCLUSIVE_QUERY_PARAMETERS: [
    400,
    'Only one of the query parameters {0} and {1} may be given.',
  ],
  INVALID_PATH_PARAMETER: [400, 'The value {0} in the path is invalid.'],
  VALIDATION_ERROR: [400, '{0}'],
  RESOURCE_NOT_FOUND: [404, 'No resource at {0}.'],
  METHOD_NOT_ALLOWED: [405, 'The method {0} is not supported at {1}.'],
  REQUEST_TOO_LARGE: [413, 'The body is too large.'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'A body must have the type application/json, not {0}.'],
  UNEXPECTED_ERROR: [500, 'Unexpected error.'],
}
