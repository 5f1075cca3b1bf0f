import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import stringWidth from 'string-width'
import { readOperations } from './operations.js'
import { ratesBetween, readSample } from './sample.js'
import { statHeading, statLine, statRecord } from './stat-line.js'
import { type Look, renderPlain, renderTop } from './top-view.js'
import type { Shown } from './view.js'

const at = (uptimeMillis: number, insert: number) =>
  readSample(
    {
      instance: 'rocketdemo',
      zone: 'US-West',
      version: '2.4.6',
      uptimeMillis,
      opcounters: { insert, query: 0, update: 0, delete: 0, getmore: 0, command: 0 },
      connections: { current: 31, available: 19_969 },
      globalLock: { currentQueue: { total: 3, readers: 1, writers: 2 } },
      mem: { resident: 64 },
    },
    Date.UTC(2026, 0, 2, 3, 4, 5),
  )
const before = at(1000, 0)
const sample = at(2000, 250_000)
const rates = ratesBetween(before, sample)
const shown: Shown = { sort: 'age', reversed: false, paused: false, problem: undefined }
const operations = readOperations(
  Array.from({ length: 50 }, (_, n) => ({
    op: n % 2 ? 'query' : 'insert',
    ns: `db.数据${n % 20}`,
    query: { text: 'x'.repeat(300) },
    secs_running: n,
    connectionId: n,
  })),
)
const look: Look = { sample, rates, operations }

describe('stat', () => {
  const entry = { name: 'one', sample, rates }

  test('heading and line have the same columns', () => {
    const heading = statHeading(['one'])
    const line = statLine(entry, ['one'])
    assert.match(line, /^ +250k +0 +0 +0 +0 +0 +31 +1\|2 +-\|- +- +- +- {2}03:04:05$/)
    for (const column of ['insert', 'command', 'conn', 'qr|qw', 'lock %']) {
      const end = heading.indexOf(column) + column.length
      assert.match(line.slice(end - 1, end + 1), /^\S $|^\S$/, column)
    }
  })

  test('several have their names before them', () => {
    const names = ['one', `long${'g'.repeat(40)}`]
    assert.match(statHeading(names), /^instance +insert/)
    const widths = names.map((name) => statLine({ ...entry, name }, names).length)
    assert.equal(widths[0], widths[1])
  })

  test('for programs: what is not known is left out', () => {
    const record = JSON.parse(JSON.stringify(statRecord(entry)))
    assert.equal(record.insert, 250_000)
    assert.equal(record.time, '2026-01-02T03:04:05.000Z')
    assert.deepEqual(record.queued, { readers: 1, writers: 2 })
    assert.ok(!('lockPercent' in record) && !('bytesIn' in record))
  })
})

describe('top', () => {
  for (const [columns, rows] of [
    [80, 24],
    [20, 5],
    [200, 60],
    [1, 1],
  ]) {
    test(`fills ${columns} x ${rows} and no more`, () => {
      const lines = renderTop(look, shown, { columns, rows })
      assert.equal(lines.length, rows)
      for (const { text } of lines) assert.ok(stringWidth(text) <= columns, text)
    })
  }

  test('the oldest operation comes first, under the collections', () => {
    const texts = renderTop(look, shown, { columns: 120, rows: 40 }).map(({ text }) => text)
    assert.match(texts[0], /^rocketdemo {2}US-West {2}version 2\.4\.6 {2}up 2\.0s {2}03:04:05$/)
    assert.match(texts[1], /insert 250k/)
    assert.match(texts[2], /31 of 20000/)
    assert.match(texts[4], /resident 64 MiB$/)
    const heading = texts.findIndex((text) => /AGEv OP/.test(text))
    assert.match(texts[heading + 1], /^ +49\.0s query +db\.数据9 +conn49/)
    assert.match(
      texts[texts.findIndex((text) => /^COLLECTION/.test(text)) + 1],
      /^db\.数据0 +0 +3 +0 +40\.0s/,
    )
    assert.match(texts[39], /^q quit/)
  })

  test('says that it pauses, and why nothing is new', () => {
    const size = { columns: 120, rows: 24 }
    assert.match(renderTop(look, { ...shown, paused: true }, size)[0].text, /paused$/)
    const [first] = renderTop(look, { ...shown, problem: 'gone' }, size)
    assert.deepEqual(first.style, 'alarm')
    assert.match(first.text, /gone; trying again$/)
  })

  test('without a screen nothing is cut, and there are no keys', () => {
    const text = renderPlain(look, shown)
    assert.ok(text.includes('x'.repeat(300)))
    assert.equal(text.match(/conn\d+/g)?.length, 50)
    assert.ok(!text.includes('q quit'))
  })

  test('a server that does not tell its operations', () => {
    const text = renderPlain({ sample, rates: undefined, operations: undefined }, shown)
    assert.match(text, /does not tell its operations/)
    assert.match(text, /insert - /)
  })
})
