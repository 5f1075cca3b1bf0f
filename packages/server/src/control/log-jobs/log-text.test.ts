import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { logText, redactLine } from './log-text.js'

const line = (second: number, more = '') =>
  `{"t":{"$date":"2026-01-05T12:00:${String(second).padStart(2, '0')}.000Z"},"s":"I","c":"NETWORK","id":1,"ctx":"conn1","msg":"m"${more}}`
const lines = [line(1), line(2), 'a stack trace', line(3), line(4)]
const all = { bytes: 1e6, redacted: false }
const text = (wanted: Partial<Parameters<typeof logText>[1]>) =>
  logText(lines, { ...all, ...wanted }).toString()

describe('the text of a collected log', () => {
  test('is all lines, each with its line feed', () => {
    assert.equal(text({}), `${lines.join('\n')}\n`)
    assert.equal(logText([], all).length, 0)
  })

  test('has the last whole lines that there is room for', () => {
    const size = Buffer.byteLength(line(4)) + 1
    assert.equal(text({ bytes: size }), `${line(4)}\n`)
    assert.equal(text({ bytes: 2 * size - 1 }), `${line(4)}\n`)
    assert.equal(text({ bytes: 2 * size }), `${line(3)}\n${line(4)}\n`)
    assert.equal(text({ bytes: size - 1 }), '')
    const wide = logText(['ä'], { ...all, bytes: 2 })
    assert.equal(wide.length, 0, 'bytes count, not letters')
  })

  test('is from one time to another, lines without a time going with those before them', () => {
    const at = (second: number) => Date.UTC(2026, 0, 5, 12, 0, second)
    assert.equal(
      text({ fromMs: at(2), toMs: at(3) }),
      [line(2), 'a stack trace', line(3), ''].join('\n'),
    )
    assert.equal(text({ fromMs: at(4) }), `${line(4)}\n`)
    assert.equal(text({ toMs: at(1) }), `${line(1)}\n`)
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
    assert.equal(redactLine('{"half": "a secret'), '{"###": "a secret')
  })

  test('counts as long as it then is', () => {
    const long = line(1, `,"attr":{"text":"${'x'.repeat(1000)}"}`)
    const found = logText([long], { bytes: 300, redacted: true }).toString()
    assert.equal(found, `${redactLine(long)}\n`)
  })
})
