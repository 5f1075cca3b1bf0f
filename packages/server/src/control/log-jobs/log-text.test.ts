import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { logText, redactLine } from './log-text.js'

const line = (second: number, more = '') =>
  `{"t":{"$date":"2026-01-05T12:00:${String(second).padStart(2, '0')}.000Z"},"s":"I","c":"NETWORK","id":1,"ctx":"conn1","msg":"m"${more}}`
const lines = [line(1), line(2), 'a stack trace', line(3), line(4)]
const all = { bytes: 1e6, redacted: false }
const text = (wanted: Partial<Parameters<typeof logText>[1]>) =>
  logText(lines, { ...all, ...wanted }).then(String)

describe('the text of a collected log', () => {
  test('is all lines, each with its line feed', async () => {
    assert.equal(await text({}), `${lines.join('\n')}\n`)
    assert.equal((await logText([], all)).length, 0)
  })

  test('has the last whole lines that there is room for', async () => {
    const size = Buffer.byteLength(line(4)) + 1
    assert.equal(await text({ bytes: size }), `${line(4)}\n`)
    assert.equal(await text({ bytes: 2 * size - 1 }), `${line(4)}\n`)
    assert.equal(await text({ bytes: 2 * size }), `${line(3)}\n${line(4)}\n`)
    assert.equal(await text({ bytes: size - 1 }), '')
    const wide = await logText(['ä'], { ...all, bytes: 2 })
    assert.equal(wide.length, 0, 'bytes count, not letters')
  })

  test('is from one time to another, lines without a time going with those before them', async () => {
    const at = (second: number) => Date.UTC(2026, 0, 5, 12, 0, second)
    assert.equal(
      await text({ fromMs: at(2), toMs: at(3) }),
      [line(2), 'a stack trace', line(3), ''].join('\n'),
    )
    assert.equal(await text({ fromMs: at(4) }), `${line(4)}\n`)
    assert.equal(await text({ toMs: at(1) }), `${line(1)}\n`)
  })

  test('lets others have their turn while it is made', async () => {
    const many = Array.from({ length: 20_000 }, (_none, i) => line(i % 60))
    let turns = 0
    const count = () => {
      turns++
      pending = setImmediate(count)
    }
    let pending = setImmediate(count)
    const made = await logText(many, { bytes: 1e9, redacted: true, fromMs: 0 })
    clearImmediate(pending)
    assert.equal(made.toString().split('\n').length, many.length + 1)
    assert.ok(turns >= 10, `${turns} turns`)
  })
})

describe('a redacted line', () => {
  test('keeps what it is about and loses all values of its attributes', () => {
    const attributes =
      ',"attr":{"remote":"192.0.2.9:4711","ns":"shop.orders","n":17,"ok":true,"command":{"find":"orders","filter":{"name":"Anna","age":{"$gt":30}}},"list":["Ben",3.5,null]}'
    assert.equal(
      redactLine(line(1, attributes)),
      line(
        1,
        ',"attr":{"remote":"###","ns":"###","n":"###","ok":true,"command":{"find":"###","filter":{"name":"###","age":{"$gt":"###"}}},"list":["###","###",null]}',
      ),
    )
  })

  test('of another form loses what is quoted, and numbers', () => {
    assert.equal(
      redactLine(
        `2026-01-05T12:00:00.000Z I found "Anna \\"A\\" B" in 'shop' at 192.0.2.9:4711 17 ms`,
      ),
      '2026-01-05T12:00:00.000Z I found "###" in "###" at ### ### ms',
    )
    assert.equal(redactLine('{"half": "a secret'), '{"###": "###"')
    assert.equal(redactLine('{"half": "a \\'), '{"###": "###"')
  })

  test('counts as long as it then is', async () => {
    const long = line(1, `,"attr":{"text":"${'x'.repeat(1000)}"}`)
    const found = String(await logText([long], { bytes: 300, redacted: true }))
    assert.equal(found, `${redactLine(long)}\n`)
  })
})
