import assert from 'node:assert/strict'
import type { Response } from 'light-my-request'
import { openTestApp, type TestApp, type TestAppOptions } from './test-app.js'

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** Somebody who has signed in to API v2. */
export interface V2Caller {
  readonly uid: string
  readonly token: string
  /** Calls with the token; the path follows `/v2`. */
  send(method: Method, path: string, body?: unknown): Promise<Response>
  /** The answer's JSON, after a check of its status. */
  json<T = never>(method: Method, path: string, body?: unknown, status?: number): Promise<T>
  /** What the envelope of an answer holds. */
  data<T = never>(method: Method, path: string, body?: unknown): Promise<T>
}

/** API v2 without a socket, over a data directory of its own; it is called as the first account. */
export interface V2App extends TestApp, V2Caller {
  signIn(login: string, password: string): Promise<V2Caller>
  /** Makes another account and signs in with it. */
  addAccount(login: string): Promise<V2Caller>
}

export async function openV2App(options: TestAppOptions = {}): Promise<V2App> {
  // What is tested calls more often than people do.
  const app = await openTestApp({ ...options, app: { rateLimit: 100_000, ...options.app } })

  async function signIn(login: string, password: string): Promise<V2Caller> {
    const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
    const reply = await app.inject({ url: '/v2/tokens/', headers: { authorization } })
    assert.equal(reply.statusCode, 200, reply.payload)
    const { uid, token } = reply.json().data
    return caller(uid, token)
  }

  function caller(uid: string, token: string): V2Caller {
    const send: V2Caller['send'] = (method, path, body) =>
      app.inject({
        method,
        url: `/v2${path}`,
        headers: { 'x-auth-token': token },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      })
    const json = async <T>(method: Method, path: string, body?: unknown, status = 200) => {
      const reply = await send(method, path, body)
      assert.equal(reply.statusCode, status, `${method} ${path}: ${reply.payload}`)
      return reply.json() as T
    }
    const data = async <T>(method: Method, path: string, body?: unknown) =>
      (await json<{ data: T }>(method, path, body)).data
    return { uid, token, send, json, data }
  }

  const { login, password } = app.credentials
  const first = await signIn(login, password)
  return {
    ...app,
    ...first,
    signIn,
    async addAccount(name) {
      await first.data('POST', '/accounts/', { login: name, password: 'secret of the account' })
      return signIn(name, 'secret of the account')
    },
  }
}
