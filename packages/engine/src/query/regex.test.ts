import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CommandError } from '../errors.js'
import { compileRegex, compileRegexWithGroups, regexPrefix } from './regex.js'

const rows: [pattern: string, options: string, matching: string[], other: string[]][] = [
  // Anchors and line ends
  ['b$', '', ['b', 'ab\n'], ['b\n\n', 'b\r']],
  ['b\\z', '', ['b'], ['b\n']],
  ['b\\Z', '', ['b', 'b\n'], ['bc']],
  ['\\Ab', 'm', ['b'], ['a\nb']],
  ['^b', '', ['b'], ['a\nb']],
  ['^b', 'm', ['a\nb'], ['a\rb', 'ab']],
  ['b$', 'm', ['b\na'], ['b\ra']],
  ['^*a', '', ['a', 'ba'], ['b']],
  ['^.$', '', ['é', '😀', '\r'], ['\n', 'ab']],
  ['^.$', 's', ['\n'], ['']],
  ['a\\Nb', 's', ['a b'], ['a\nb']],
  ['^\\R$', '', ['\r\n', '\n', '\u2028'], ['\r\r']],
  // Case
  ['ab', 'i', ['AB', 'aB'], ['a']],
  ['(?i)a(?-i)bc', '', ['Abc', 'abc'], ['aBc']],
  ['(?i:é)x', '', ['Éx', 'éx'], ['éX']],
  ['(?i:[a-c-])X', '', ['BX', '-X'], ['bx', 'dX']],
  ['a(?i)b|c', '', ['aB', 'C'], ['AB']],
  ['(a(?i)b)c', '', ['aBc'], ['aBC']],
  ['straße', 'i', ['STRAßE'], ['strasse']],
  // Extended mode
  ['(?x) a b # comment\n c', '', ['abc'], ['a b c']],
  ['a + [ ]', 'x', ['aa '], ['aa']],
  ['a\\ b', 'x', ['a b'], ['ab']],
  ['a(?#remark)b', '', ['ab'], ['a']],
  // Groups
  ['(?>a+)ab', '', [], ['aaab']],
  ['a++b', '', ['aab'], ['b']],
  ['a*+a', '', [], ['aaa']],
  ['(a)(?>(b)\\1)\\2', '', ['abab'], ['abaa']],
  ['(?P<n>a)(?P=n)', '', ['aa'], ['ab']],
  ["(?'n'a)\\k{n}", '', ['aa'], ['ab']],
  ['(a)(b)\\g{-1}\\g1', '', ['abba'], ['abab']],
  ['^(a)?(?(1)b|c)$', '', ['ab', 'c'], ['b', 'ac', 'abc']],
  ['(?=a)*b', '', ['b'], ['a']],
  ['(?<!foo)bar', '', ['bar'], ['foobar']],
  ['(?<=a+)b', '', ['aab'], ['b']],
  ['foo\\Kbar', '', ['foobar'], ['bar']],
  // Quantifiers
  ['^a{2}{3}$', '', ['aaaaaa'], ['aaaaa']],
  ['^x{,3}$', '', ['x{,3}'], ['xx']],
  ['^a{1,}$', '', ['aa'], ['']],
  ['^\\Qa.b\\E+$', '', ['a.bbb'], ['axb', 'a.ba.b']],
  // Characters
  ['\\x41\\101\\x{1F600}\\o{101}\\t\\e', '', ['AA😀A\t\u001b'], ['AA']],
  ['\\-a\\_\\/', '', ['-a_/'], ['a']],
  ['[]a]', '', [']', 'a'], ['b']],
  ['^[^]a]$', '', ['b'], [']', 'a']],
  ['^[\\w.-]+@$', '', ['a.b-c@'], ['a b@']],
  ['^[a\\Q^]\\E]$', '', ['^', ']'], ['Q']],
  ['[\\b]', '', ['\b'], ['b']],
  ['}{', '', ['}{'], ['{}']],
  // Classes
  ['^\\w$', '', ['a', '_'], ['é']],
  ['^\\s$', '', [' ', '\u000b'], ['\u00a0']],
  ['^\\d$', '', ['1'], ['١']],
  ['^[\\S]$', '', ['\u00a0', 'a'], [' ']],
  ['(*UCP)^\\w+\\d$', '', ['é١'], ['-1']],
  ['(*UCP)\\bö', '', ['ö'], ['aö']],
  ['^[[:alpha:][:digit:]_]+$', '', ['a1_'], ['é', '-']],
  ['^[[:^alpha:]]$', '', ['1', 'é'], ['a']],
  ['^\\p{Greek}\\pL\\P{Lu}$', '', ['αβγ'], ['abc', 'αβΓ']],
  ['^\\p{^L}$', '', ['1'], ['a']],
  ['^\\h\\H\\v$', '', ['\u00a0a\n'], ['a a']],
  ['^\\X$', '', ['e\u0301'], ['ab']],
]

describe('compileRegex', () => {
  for (const [pattern, options, matching, other] of rows) {
    test(`/${pattern}/${options}`, () => {
      const regex = compileRegex(pattern, options)
      for (const text of matching) assert.ok(regex.test(text), `${regex} should match ${text}`)
      for (const text of other) assert.ok(!regex.test(text), `${regex} should not match ${text}`)
    })
  }

  const invalid = [
    '(',
    '[a',
    'a)',
    '*a',
    'a**?+)',
    '(?R)',
    '(?1)',
    '\\8',
    '(a)\\2',
    'a{3,2}',
    'a{70000}',
    '\\y',
    '[b-a]',
    '(?<a>x)(?<a>y)',
    '(?|a)',
    '[[:foo:]]',
    '\\p{Foo}',
    '\\k<x>',
    '(?(1)a|b|c)(d)',
    '\\',
    '\\x{110000}',
    '(*FOO)a',
    'a'.repeat(32_765),
  ]
  for (const pattern of invalid) {
    test(`refuses ${pattern.slice(0, 20)}`, () => {
      assert.throws(
        () => compileRegex(pattern),
        (error) => error instanceof CommandError && error.code === 51091,
      )
    })
  }

  test('numbers the groups of the pattern among those added', () => {
    const { regex, groups } = compileRegexWithGroups('(a)(?>b(c))(d)')
    const found = regex.exec('abcd')
    assert.deepEqual(
      groups.map((group) => found?.[group]),
      ['a', 'c', 'd'],
    )
  })
})

describe('regexPrefix', () => {
  const prefixes: [pattern: string, options: string, prefix: string | undefined][] = [
    ['^abc', '', 'abc'],
    ['^abc', 'm', undefined],
    ['^abc', 'i', undefined],
    ['\\Aab+', 'm', 'ab'],
    ['^ab*', '', 'a'],
    ['^ab{0,1}', '', 'a'],
    ['^a😀?', '', 'a'],
    ['^a\\.b.*', '', 'a.b'],
    ['^a\\d', '', 'a'],
    ['^a|b', '', undefined],
    ['^(a)', '', undefined],
    ['abc', '', undefined],
    ['^a?', '', undefined],
  ]
  for (const [pattern, options, prefix] of prefixes) {
    test(`/${pattern}/${options}`, () => assert.equal(regexPrefix(pattern, options), prefix))
  }
})
