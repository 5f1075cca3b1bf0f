import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { readInt32 } from '@gantry/bson'
import { HEADER_SIZE, MAX_MESSAGE_SIZE, MalformedMessage } from './frames.js'
import { type MessageHeader, OpCode, readHeader, writeHeader } from './header.js'

const COMPRESSED_START = HEADER_SIZE + 9

/** One way to compress messages; both directions work off the main thread. */
export interface Compressor {
  readonly name: string
  /** The number in OP_COMPRESSED. */
  readonly id: number
  compress(bytes: Buffer): Promise<Buffer>
  /** Rejects when the result would be larger than `size`. */
  decompress(bytes: Buffer, size: number): Promise<Buffer>
}

let snappyLibrary: Promise<typeof import('snappy')> | undefined

/** Loaded for the first message that needs it: most servers never see one. */
function loadSnappy(): Promise<typeof import('snappy')> {
  snappyLibrary ??= import('snappy')
  return snappyLibrary
}

const snappy: Compressor = {
  name: 'snappy',
  id: 1,
  compress: async (bytes) => (await loadSnappy()).compress(bytes),
  async decompress(bytes, size) {
    // The stream states its length first, and memory is taken for that: look before.
    if (snappyLength(bytes) !== size) throw new RangeError('snappy length differs')
    const { uncompress } = await loadSnappy()
    return (await uncompress(bytes)) as Buffer
  },
}

const zlibCompressor: Compressor = {
  name: 'zlib',
  id: 2,
  compress: (bytes) => deflate(bytes),
  decompress: (bytes, size) => inflate(bytes, { maxOutputLength: Math.max(size, 1) }),
}

const deflate = promisify<Buffer, Buffer>(zlib.deflate)
const inflate = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate)

/** All compressors that this runtime has; Node.js brings zstd from 22.15 on. */
export const compressors: readonly Compressor[] = [snappy, zlibCompressor, ...zstd()]

type Codec = (
  bytes: Buffer,
  options: { maxOutputLength?: number },
  done: (error: Error | null, result: Buffer) => void,
) => void

function zstd(): Compressor[] {
  const { zstdCompress, zstdDecompress } = zlib as { zstdCompress?: Codec; zstdDecompress?: Codec }
  if (!zstdCompress || !zstdDecompress) return []
  const compress = promisify(zstdCompress)
  const decompress = promisify(zstdDecompress)
  return [
    {
      name: 'zstd',
      id: 3,
      compress: (bytes) => compress(bytes, {}),
      decompress: (bytes, size) => decompress(bytes, { maxOutputLength: Math.max(size, 1) }),
    },
  ]
}

/** The message in an OP_COMPRESSED, with a header of its own, and what it was compressed with. */
export async function decompressFrame(
  frame: Buffer,
): Promise<{ frame: Buffer; compressor: Compressor | undefined }> {
  if (frame.length < COMPRESSED_START) throw new MalformedMessage('OP_COMPRESSED is cut short')
  const opCode = readInt32(frame, HEADER_SIZE)
  const size = readInt32(frame, HEADER_SIZE + 4)
  const id = frame[HEADER_SIZE + 8]
  if (opCode === OpCode.compressed) throw new MalformedMessage('OP_COMPRESSED within itself')
  if (size < 0 || size > MAX_MESSAGE_SIZE - HEADER_SIZE)
    throw new MalformedMessage(`OP_COMPRESSED of ${size} bytes`)
  const compressor = compressors.find((one) => one.id === id)
  if (!compressor && id !== 0) throw new MalformedMessage(`unknown compressor ${id}`)
  const bytes = frame.subarray(COMPRESSED_START)
  const content = compressor ? await decompressWith(compressor, bytes, size) : bytes
  if (content.length !== size) throw new MalformedMessage('OP_COMPRESSED of another length')
  const result = Buffer.allocUnsafeSlow(HEADER_SIZE + size)
  content.copy(result, HEADER_SIZE)
  const { requestId, responseTo } = readHeader(frame)
  writeHeader(result, { requestId, responseTo, opCode })
  return { frame: result, compressor }
}

async function decompressWith(compressor: Compressor, bytes: Buffer, size: number) {
  try {
    return await compressor.decompress(bytes, size)
  } catch (cause) {
    throw new MalformedMessage(`content is not ${compressor.name}`, { cause })
  }
}

/** Below this many bytes compressing costs more than it saves. */
const WORTH_COMPRESSING = 256

/** The message as OP_COMPRESSED, or itself when that would not be shorter. */
export async function compressFrame(frame: Buffer, compressor: Compressor): Promise<Buffer> {
  if (frame.length < WORTH_COMPRESSING) return frame
  const content = await compressor.compress(frame.subarray(HEADER_SIZE))
  if (COMPRESSED_START + content.length >= frame.length) return frame
  const header: MessageHeader = readHeader(frame)
  const result = Buffer.allocUnsafeSlow(COMPRESSED_START + content.length)
  writeHeader(result, { ...header, opCode: OpCode.compressed })
  result.writeInt32LE(header.opCode, HEADER_SIZE)
  result.writeInt32LE(frame.length - HEADER_SIZE, HEADER_SIZE + 4)
  result[HEADER_SIZE + 8] = compressor.id
  content.copy(result, COMPRESSED_START)
  return result
}

function snappyLength(bytes: Buffer): number {
  let length = 0
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    length += (bytes[i] & 0x7f) * 2 ** (7 * i)
    if (bytes[i] < 0x80) return length
  }
  return -1
}
