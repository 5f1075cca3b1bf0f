import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeDocument, encodeDocument } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { checkMessage } from './check.js'
import { crc32c } from './crc32c.js'
import { MalformedMessage } from './frames.js'
import { readCommand, readFlags } from './op-msg.js'

function message(flags: number, ...sections: Buffer[]): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(2013, 12)
  head.writeInt32LE(flags, 16)
  const frame = Buffer.concat([head, ...sections])
  frame.writeInt32LE(frame.length, 0)
  return frame
}

function body(doc: Parameters<typeof encodeDocument>[0]): Buffer {
  return Buffer.concat([Buffer.from([0]), encodeDocument(doc)])
}

function sequence(name: string, ...documents: Buffer[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents])
  const head = Buffer.alloc(5)
  head[0] = 1
  head.writeInt32LE(content.length + 4, 1)
  return Buffer.concat([head, content])
}

function parse(frame: Buffer) {
  return readCommand(frame, readFlags(frame))
}

const ping = body({ ping: 1, $db: 'admin' })
const doc = (i: number) => encodeDocument({ i })

describe('readCommand', () => {
  test('takes a body alone', () => {
    const { body, sequences } = parse(message(0, ping))
    assert.deepEqual(decodeDocument(body).get('$db'), 'admin')
    assert.equal(sequences, undefined)
  })

  test('takes sequences before and behind the body', async () => {
    const frame = message(
      0,
      sequence('a', doc(1)),
      ping,
      sequence('b'),
      sequence('c', doc(2), doc(3)),
    )
    const parsed = parse(frame)
    await checkMessage(parsed)
    assert.deepEqual(
      [...(parsed.sequences ?? [])].map(([name, docs]) => [name, docs.length]),
      [
        ['a', 1],
        ['b', 0],
        ['c', 2],
      ],
    )
    assert.deepEqual(parsed.sequences?.get('c')?.[1], doc(3))
  })

  test('takes a right checksum and refuses a wrong one', () => {
    const frame = message(1, ping, Buffer.alloc(4))
    frame.writeUInt32LE(crc32c(frame, 0, frame.length - 4), frame.length - 4)
    assert.equal(decodeDocument(parse(frame).body).get('ping'), 1)
    frame[frame.length - 1] ^= 1
    assert.throws(() => parse(frame), MalformedMessage)
  })

  const refused = [
    { name: 'no sections', frame: message(0), code: 40587 },
    { name: 'no body', frame: message(0, sequence('a', doc(1))), code: 40587 },
    { name: 'two bodies', frame: message(0, ping, ping), code: 40430 },
    {
      name: 'a section of an unknown kind',
      frame: message(0, ping, Buffer.from([9])),
      code: 40432,
    },
    {
      name: 'a sequence twice',
      frame: message(0, ping, sequence('a'), sequence('a')),
      code: 40431,
    },
    { name: 'a body cut short', frame: message(0, ping.subarray(0, -1)), code: 22 },
    {
      name: 'a sequence longer than the message',
      frame: message(0, ping, sequence('a', doc(1)).subarray(0, -1)),
      code: 22,
    },
    {
      name: 'a document over the end of its sequence',
      frame: message(0, sequence('a', doc(1).subarray(0, -1)), ping),
      code: 22,
    },
    {
      name: 'a document over the limit',
      frame: message(0, Buffer.from([0, 1, 0, 0, 2, 0])),
      code: 10334,
    },
  ]
  for (const { name, frame, code } of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => parse(frame),
        (error) => error instanceof CommandError && error.code === code,
      )
    })
  }

  test('refuses flags that it must understand and does not, and ignores others', () => {
    assert.throws(() => parse(message(4, ping)), MalformedMessage)
    assert.equal(decodeDocument(parse(message(1 << 20, ping)).body).get('ping'), 1)
  })
})

describe('checkMessage', () => {
  test('refuses a bad document in a sequence', () => {
    const bad = doc(1)
    bad[4] = 0x77
    assert.throws(
      () => checkMessage(parse(message(0, ping, sequence('a', doc(0), bad)))),
      (error) => error instanceof CommandError && error.codeName === 'InvalidBSON',
    )
  })

  test('refuses an argument in body and sequence', () => {
    const both = parse(
      message(0, body({ insert: 'c', documents: [] }), sequence('documents', doc(1))),
    )
    assert.throws(
      () => checkMessage(both),
      (error) => error instanceof CommandError && error.code === 40433,
    )
  })

  test('checks much data in several turns, to the last document', async () => {
    const large = encodeDocument({ text: 'x'.repeat(1_000_000) })
    const bad = doc(1)
    bad[4] = 0x77
    const parsed = parse(message(0, ping, sequence('a', large, large, large, large, bad)))
    const checked = checkMessage(parsed)
    assert.ok(checked instanceof Promise)
    await assert.rejects(checked, (error) => error instanceof CommandError && error.code === 22)
  })
})
