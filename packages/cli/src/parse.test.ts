import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Command, UsageError } from './command.js'
import { parseCommandLine } from './parse.js'

const command: Command = {
  name: 'x y',
  summary: 's',
  args: [
    { name: 'A', help: '', choices: ['1', '2'] },
    { name: 'B', help: '', optional: true },
    { name: 'C', help: '', optional: true, many: true },
  ],
  options: [
    { name: 'flag', help: '' },
    { name: 'file', value: 'FILE', help: '' },
    { name: 'sort', value: 'COLUMN', help: '', choices: ['age', 'op'] },
  ],
  load: () => Promise.reject(new Error('not loaded here')),
}

function parse(...words: string[]) {
  const parsed = parseCommandLine(command, words)
  assert.ok(parsed !== 'help')
  return parsed.call
}

describe('parseCommandLine', () => {
  test('arguments and options in any order', () => {
    const call = parse('--file', '-', '1', '--sort=age', 'b', 'c', '--flag', 'd')
    assert.equal(call.argument('A'), '1')
    assert.equal(call.optional('B'), 'b')
    assert.deepEqual(call.all('C'), ['c', 'd'])
    assert.equal(call.option('file'), '-')
    assert.equal(call.option('sort'), 'age')
    assert.ok(call.has('flag'))
  })

  test('what is not given', () => {
    const call = parse('1')
    assert.equal(call.optional('B'), undefined)
    assert.deepEqual(call.all('C'), [])
    assert.equal(call.option('file'), undefined)
    assert.ok(!call.has('flag'))
  })

  test('after two dashes all are arguments', () => {
    assert.equal(parse('1', '--', '--flag').optional('B'), '--flag')
  })

  for (const word of ['--help', '-h']) {
    test(`${word} comes before all mistakes`, () => {
      assert.equal(parseCommandLine(command, ['--nope', word]), 'help')
    })
  }

  const mistakes: [words: string[], message: RegExp][] = [
    [[], /A is missing/],
    [['3'], /A is one of 1, 2, not "3"/],
    [['1', '--nope'], /unknown option --nope/],
    [['1', '--flag=x'], /--flag takes no value/],
    [['1', '--file'], /--file needs a value: FILE/],
    [['1', '--file', '--flag'], /--file needs a value/],
    [['1', '--file='], /--file needs a value/],
    [['1', '--sort', 'size'], /--sort is one of age, op/],
    [['1', '--flag', '--flag'], /--flag is given more than once/],
    [['--nope', '--file'], /nope.*file.*A is missing/s],
  ]
  for (const [words, message] of mistakes) {
    test(`refuses ${words.join(' ') || 'nothing'}`, () => {
      assert.throws(
        () => parseCommandLine(command, words),
        (error) => error instanceof UsageError && message.test(error.message),
      )
    })
  }

  test('what follows an option that there is not is not repeated, as it may be a secret', () => {
    const one = { ...command, args: command.args.slice(0, 1) }
    assert.throws(
      () => parseCommandLine(one, ['1', '--key', 'abc']),
      (error: Error) => error.message === 'unknown option --key',
    )
  })

  test('refuses an argument too many', () => {
    const one = { ...command, args: command.args.slice(0, 1) }
    assert.throws(() => parseCommandLine(one, ['1', 'x']), /unexpected argument "x"/)
  })
})
