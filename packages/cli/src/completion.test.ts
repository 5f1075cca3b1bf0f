import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { commands } from './commands.js'
import { renderCompletion, type Shell } from './completion.js'

const scripts = (['bash', 'zsh', 'fish'] as Shell[]).map((shell) => ({
  shell,
  script: renderCompletion(shell, commands),
  isInstalled: spawnSync(shell, ['-c', 'true']).status === 0,
}))

describe('renderCompletion', () => {
  for (const { shell, script, isInstalled } of scripts) {
    test(`${shell}: every command and option is there`, () => {
      for (const { name, options } of commands) {
        for (const word of [...name.split(' '), ...options.map((option) => option.name)]) {
          assert.match(script, new RegExp(`[- '(]${word}\\b`), word)
        }
      }
    })

    test(`${shell}: the script is accepted`, { skip: !isInstalled && `no ${shell} here` }, () => {
      const { status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })
      assert.equal(stderr, '')
      assert.equal(status, 0)
    })
  }

  const completions: [line: string, words: string][] = [
    ['gantry ac', 'acl account'],
    ['gantry doc ', 'get add update delete'],
    ['gantry help pro', 'profile'],
    ['gantry acl list --js', '--json'],
    ['gantry completion z', 'zsh'],
    ['gantry acl list --url ', ''],
    ['gantry nope ', ''],
  ]
  for (const [line, words] of completions) {
    test(`bash completes "${line}"`, { skip: !scripts[0].isInstalled && 'no bash here' }, () => {
      const given = line.split(' ')
      const script = `${scripts[0].script}
        COMP_WORDS=(${given.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${given.length - 1}
        _gantry; echo "\${COMPREPLY[*]}"`
      const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
      assert.equal(stderr, '')
      assert.equal(stdout.trim(), words)
    })
  }
})
