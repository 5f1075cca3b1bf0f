import { AppError } from '../errors.js'

/** What a message may name of a store; its keys are not among that. */
export interface S3Place {
  readonly bucket: string
  readonly endpoint: string | undefined
  readonly region: string
}

/** Says of what a store of backups, or the way to it, has answered what is wrong and what to do. */
export function s3Error(error: unknown, { bucket, endpoint, region }: S3Place): AppError {
  if (error instanceof AppError) return error
  const { name, message, code, $response } = error as S3Failure
  const store = endpoint ?? `AWS in ${region}`
  const said = (text: string) => new AppError('unavailable', `backups: ${text}`)
  switch (name) {
    case 'NoSuchBucket':
      return said(
        `there is no bucket "${bucket}" at ${store}; create it, or correct backup-s3-bucket`,
      )
    case 'InvalidAccessKeyId':
      return said(`${store} does not know the access key; correct backup-s3-access-key`)
    case 'SignatureDoesNotMatch':
      return said(`${store} refuses the secret key; correct backup-s3-secret-key`)
    case 'AccessDenied':
      return said(
        `${store} denies the access key what it needs in the bucket "${bucket}": listing, reading, writing and deleting objects, and listing and aborting multipart uploads`,
      )
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return said(
        `the bucket "${bucket}" is not in the region ${region}; correct backup-s3-region or backup-s3-endpoint`,
      )
  }
  if ($response === undefined) {
    return said(
      `${store} cannot be reached (${code ?? message}); see to it, or correct backup-s3-endpoint`,
    )
  }
  return said(`${store} failed: ${name}: ${message}`)
}

interface S3Failure extends Error {
  readonly code?: string
  /** Of what was answered at all. */
  readonly $response?: unknown
}
