import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turns } from './task.js'

test('one thing after the other for each name, side by side for different ones', async () => {
  const inTurn = turns()
  const said: string[] = []
  const gates = new Map<string, () => void>()
  const work = (name: string, what: string) =>
    inTurn(name, async () => {
      said.push(`${what} begins`)
      await new Promise<void>((resolve) => gates.set(what, resolve))
      said.push(`${what} ends`)
    })
  const first = work('a', 'first')
  const second = work('a', 'second').then(() =>
    inTurn('a', async () => Promise.reject(new Error('no'))),
  )
  const other = work('b', 'other')
  await new Promise(setImmediate)
  assert.deepEqual(said, ['first begins', 'other begins'])
  gates.get('first')?.()
  await first
  await new Promise(setImmediate)
  assert.deepEqual(said.slice(2), ['first ends', 'second begins'])
  gates.get('second')?.()
  // One that fails does not hold up those behind it.
  await assert.rejects(second, /no/)
  assert.equal(await inTurn('a', async () => 'goes on'), 'goes on')
  gates.get('other')?.()
  await other
})
