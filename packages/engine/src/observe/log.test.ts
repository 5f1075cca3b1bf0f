import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createLog, type LogEntry, STARTUP } from './log.js'

function say(message: string, more: Partial<LogEntry> = {}) {
  return { severity: 'I', component: 'CONTROL', id: 1, message, attributes: {}, ...more } as const
}

describe('the log', () => {
  test('writes lines as MongoDB does', () => {
    const log = createLog({ now: () => 0 })
    log.write(say('one'))
    log.write(say('tw"o', { context: 'conn7', attributes: { n: 1, left: undefined, s: 'é' } }))
    assert.deepEqual(log.lines('global').lines, [
      '{"t":{"$date":"1970-01-01T00:00:00.000+00:00"},"s":"I","c":"CONTROL","id":1,"svc":"-","ctx":"-","msg":"one"}',
      '{"t":{"$date":"1970-01-01T00:00:00.000+00:00"},"s":"I","c":"CONTROL","id":1,"svc":"-","ctx":"conn7","msg":"tw\\"o","attr":{"n":1,"s":"é"}}',
    ])
  })

  test('keeps the latest 1024 lines in order and counts all', () => {
    const log = createLog({ now: Date.now })
    for (let i = 0; i < 2100; i++) log.write(say(String(i)))
    const { lines, total } = log.lines('global')
    assert.equal(total, 2100)
    assert.deepEqual(
      lines.map((line) => Number(JSON.parse(line).msg)),
      Array.from({ length: 1024 }, (_, i) => 1076 + i),
    )
  })

  test('takes warnings of the start apart', () => {
    const log = createLog({ now: Date.now })
    log.write(say('early', { severity: 'W', context: STARTUP }))
    log.write(say('news', { context: STARTUP }))
    log.write(say('late', { severity: 'W' }))
    const messages = log.lines('startupWarnings').lines.map((line) => JSON.parse(line).msg)
    assert.deepEqual(messages, ['early'])
    assert.equal(log.lines('global').total, 3)
  })

  test('hands each entry to whoever keeps them', () => {
    const kept: [LogEntry, string][] = []
    const log = createLog({ now: () => 5, sink: (entry, line) => kept.push([entry, line]) })
    log.write(say('one', { attributes: { a: 1 } }))
    assert.equal(kept.length, 1)
    assert.deepEqual(kept[0][0], {
      ...say('one', { attributes: { a: 1 } }),
      timeMs: 5,
      context: '-',
    })
    assert.equal(kept[0][1], log.lines('global').lines[0])
  })

  test('has levels by component', () => {
    const { verbosity } = createLog({ now: Date.now })
    verbosity.level = 1
    verbosity.components.set('network', 3)
    verbosity.components.set('network.asio', 0)
    const levels = ['command', 'network', 'network.asio', 'network.connectionPool'].map(
      verbosity.of,
    )
    assert.deepEqual(levels, [1, 3, 0, 3])
  })
})
