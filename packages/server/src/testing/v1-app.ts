import assert from 'node:assert/strict'
import { openTestApp, type TestApp } from './test-app.js'

/** What a v1 call answered, typed for whoever knows what to expect. */
export interface V1Answer {
  readonly rc: number
  readonly data: never
  readonly n: number
  readonly msg: string
}

/** API v1 without a socket, over a data directory of its own. */
export interface V1App extends Pick<TestApp, 'inject' | 'control' | 'close'> {
  readonly key: string
  /** Calls as the documented samples do, `rest` behind the key; checks the status. */
  call(path: string, rest?: string, status?: number): Promise<V1Answer>
  /** The payload of a call that succeeds. */
  data<T = never>(path: string, doc?: unknown): Promise<T>
}

export async function openV1App(): Promise<V1App> {
  const app = await openTestApp()
  const key = app.credentials.apiKey
  const call: V1App['call'] = async (path, rest = '', status = 200) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = `api_key=${key}${rest}`
    const reply = await app.inject({ method: 'POST', url: path, headers, payload })
    assert.equal(reply.statusCode, status, reply.payload)
    return reply.json()
  }
  return {
    ...app,
    key,
    call,
    async data(path, doc) {
      const answer = await call(path, doc === undefined ? '' : `&doc=${JSON.stringify(doc)}`)
      assert.equal(answer.rc, 0, answer.msg)
      return answer.data
    },
  }
}
