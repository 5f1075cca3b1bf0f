import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FrameReader, MAX_MESSAGE_SIZE, MalformedMessage } from './frames.js'

function frame(length: number, fill: number): Buffer {
  const result = Buffer.alloc(length, fill)
  result.writeInt32LE(length, 0)
  return result
}

function read(chunks: Iterable<Buffer>): Buffer[] {
  const reader = new FrameReader()
  const frames: Buffer[] = []
  for (const chunk of chunks) frames.push(...reader.push(chunk))
  return frames
}

/** Reproducible numbers below a bound (mulberry32). */
function randomBelow(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

const frames = [frame(16, 1), frame(17, 2), frame(40, 3), frame(16, 4)]
const stream = Buffer.concat(frames)

describe('FrameReader', () => {
  test('finds the same messages however the stream is cut in three', () => {
    for (let a = 0; a <= stream.length; a++) {
      for (let b = a; b <= stream.length; b++) {
        const chunks = [stream.subarray(0, a), stream.subarray(a, b), stream.subarray(b)]
        assert.deepEqual(read(chunks), frames, `cut at ${a} and ${b}`)
      }
    }
  })

  test('finds them byte by byte', () => {
    assert.deepEqual(read(Array.from(stream, (byte) => Buffer.from([byte]))), frames)
  })

  test('finds large and small ones in random chunks', () => {
    const below = randomBelow(7)
    const wanted = Array.from({ length: 60 }, (_, i) =>
      frame(16 + (i % 7 === 0 ? below(500_000) : below(300)), i),
    )
    const all = Buffer.concat(wanted)
    const chunks: Buffer[] = []
    for (let at = 0; at < all.length; ) {
      const size = 1 + below(below(2) ? 40 : 70_000)
      chunks.push(all.subarray(at, at + size))
      at += size
    }
    const found = read(chunks)
    assert.equal(found.length, wanted.length)
    assert.ok(found.every((one, i) => one.equals(wanted[i])))
  })

  test('a message within a chunk is not copied', () => {
    const [first] = read([stream])
    assert.equal(first.buffer, stream.buffer)
  })

  test('refuses impossible lengths, also when they come in two parts', () => {
    for (const length of [-1, 0, 15, MAX_MESSAGE_SIZE + 1, 0x7fffffff]) {
      const head = Buffer.alloc(16)
      head.writeInt32LE(length, 0)
      assert.throws(() => read([head]), MalformedMessage, `${length}`)
      assert.throws(() => read([head.subarray(0, 3), head.subarray(3)]), MalformedMessage)
    }
  })

  test('random bytes are cut into messages or refused, nothing else', () => {
    const below = randomBelow(11)
    for (let round = 0; round < 500; round++) {
      const chunk = Buffer.from(Array.from({ length: below(64) }, () => below(256)))
      try {
        for (const one of read([chunk, chunk])) assert.equal(one.readInt32LE(0), one.length)
      } catch (error) {
        assert.ok(error instanceof MalformedMessage, String(error))
      }
    }
  })
})
