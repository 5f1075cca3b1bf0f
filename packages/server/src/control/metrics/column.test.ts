import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { byteReader, byteWriter } from './bytes.js'
import { readColumn, writeColumn } from './column.js'

const gap = Number.NaN

/** `most`: how many bytes they may take. */
const columns: { name: string; values: number[]; most: number; read?: number[] }[] = [
  { name: 'nothing', values: [], most: 1 },
  { name: 'gaps', values: new Array(1000).fill(gap), most: 4 },
  { name: 'one value all along', values: new Array(1000).fill(123_456_789), most: 9 },
  { name: 'zeros', values: new Array(60).fill(0), most: 3 },
  { name: 'small steps', values: [100, 101, 99, 99, 100, 100, 100, 42], most: 10 },
  { name: 'gaps at both ends and within', values: [gap, gap, 5, gap, 5, 5, 0, gap], most: 18 },
  { name: 'negative numbers', values: [-1, -1_000_000, 0, 1], most: 12 },
  { name: 'the largest differences', values: [2 ** 51 - 1, 1 - 2 ** 51, 0], most: 26 },
  { name: 'numbers beyond those', values: [2 ** 53, 1.5e300, -(2 ** 60), gap], most: 33 },
  { name: 'fractions', values: [0.001, 99.125, gap, 99.125], most: 9 },
  { name: 'finer fractions', values: [1 / 3, 2 / 3], read: [0.333, 0.667], most: 7 },
  { name: 'large fractions', values: [2 ** 50 + 0.5, 0.25], most: 17 },
]

describe('a column', () => {
  for (const { name, values, most, read } of columns) {
    test(`of ${name} is read as it was written`, () => {
      const out = byteWriter()
      writeColumn(out, Float64Array.from(values), values.length)
      const bytes = out.bytes()
      const from = byteReader(bytes)
      assert.deepEqual([...readColumn(from, values.length)], read ?? values)
      assert.ok(from.atEnd)
      assert.ok(bytes.length <= most, `${bytes.length} bytes`)
    })
  }

  test('of any numbers is read as it was written', () => {
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    for (let round = 0; round < 300; round++) {
      const scale = 10 ** Math.floor(random() * 16)
      const values = Float64Array.from({ length: 1 + Math.floor(random() * 200) }, () => {
        if (random() < 0.1) return gap
        return random() < 0.5 ? Math.floor(random() * 3) : Math.round((random() - 0.5) * scale)
      })
      const out = byteWriter()
      writeColumn(out, values, values.length)
      const read = readColumn(byteReader(out.bytes()), values.length)
      // Zero has no sign here.
      assert.deepEqual(
        [...read],
        [...values].map((value) => value + 0),
      )
    }
  })

  test('that is cut off is refused', () => {
    const out = byteWriter()
    writeColumn(out, Float64Array.of(1, 2, 300), 3)
    assert.throws(() => readColumn(byteReader(out.bytes().subarray(0, 3)), 3), RangeError)
  })
})
