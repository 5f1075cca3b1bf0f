/**
 * The library that speaks to S3, in a module of its own: what is imported when it is first
 * needed must be a module of ours, as the bundle keeps the names of no other.
 */
export {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
export { Upload } from '@aws-sdk/lib-storage'
