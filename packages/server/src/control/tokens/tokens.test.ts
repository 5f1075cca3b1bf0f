import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AppError } from '../../errors.js'
import { ACCOUNT_DEFAULTS, type Account } from '../accounts/accounts.js'
import type { AccountDirectory } from '../accounts/directory.js'
import { openSecrets } from '../secrets.js'
import { type Tokens, tokensOf } from './tokens.js'

const LIFETIME_MS = 24 * 60 * 60 * 1000

describe('tokens', () => {
  let folder: string
  let account: Account = {
    ...ACCOUNT_DEFAULTS,
    id: '553fe69f5b335278436fa19b',
    login: 'user@example.com',
    email: 'user@example.com',
    name: 'Example User',
    passwordHash: 'scrypt$1',
    createdMs: 0,
  }
  const issuedMs = Date.UTC(2015, 5, 10, 17, 48)
  let nowMs = issuedMs
  let tokens: Tokens
  let others: Tokens
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-tokens-'))
    const accounts = {
      byId: async (id: string) => (id === account.id ? account : undefined),
    } as AccountDirectory
    const open = async (name: string) =>
      tokensOf({
        secrets: await openSecrets(join(folder, name), true),
        accounts,
        lifetimeMs: LIFETIME_MS,
        now: () => nowMs,
      })
    tokens = await open('key')
    others = await open('other key')
  })
  after(() => rmSync(folder, { recursive: true }))

  const refused = (message: string) => (error: unknown) => {
    assert.ok(error instanceof AppError)
    assert.equal(error.kind, 'unauthenticated')
    return error.message === message
  }

  test('have the documented form', () => {
    const [subject, time, signature, ...rest] = tokens.issue(account).split('.')
    assert.deepEqual(rest, [])
    const text = Buffer.from(subject, 'base64url').toString()
    assert.match(text, /^"[0-9a-f]{32}"$/)
    assert.equal(time, 'CFoJ0A')
    assert.equal(Buffer.from(signature, 'base64url').length, 20)
    // Clients cut it out of text at these.
    assert.doesNotMatch(tokens.issue(account), /[:,"\s=]/)
  })

  test('are valid for a day, each of them', async () => {
    const first = tokens.issue(account)
    nowMs += 1000
    const second = tokens.issue(account)
    assert.notEqual(first, second)
    nowMs = issuedMs + LIFETIME_MS - 1
    assert.equal(await tokens.verify(first), account)
    assert.equal(await tokens.verify(second), account)
    nowMs = issuedMs + LIFETIME_MS
    await assert.rejects(tokens.verify(first), refused('token has expired'))
    assert.equal(await tokens.verify(second), account)
    nowMs = issuedMs
  })

  test('of another key, changed ones and what is none are refused', async () => {
    const token = tokens.issue(account)
    const [subject, time, signature] = token.split('.')
    const other = Buffer.from(`"${'0'.repeat(32)}"`).toString('base64url')
    const forged = [
      others.issue(account),
      `${other}.${time}.${signature}`,
      `${subject}.CFoJ0Q.${signature}`,
      `${subject}.${time}.${signature.slice(0, -1)}`,
      `${subject}.${time}`,
      `${token}.`,
      'a.b.c',
      '',
    ]
    for (const text of forged) await assert.rejects(tokens.verify(text), refused('invalid token'))
  })

  test('end with the password and with the account', async () => {
    const token = tokens.issue(account)
    const before = account
    for (const change of [
      { passwordHash: 'scrypt$2' },
      { active: false },
      { id: 'f'.repeat(24) },
    ]) {
      account = { ...before, ...change }
      await assert.rejects(tokens.verify(token), refused('invalid token'))
    }
    account = before
    assert.equal(await tokens.verify(token), account)
  })
})
