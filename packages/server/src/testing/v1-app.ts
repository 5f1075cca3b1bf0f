import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InjectOptions, inject, type Response } from 'light-my-request'
import { readConfig } from '../config.js'
import type { Control } from '../control/control.js'
import { publishCredentials } from '../control/first-start.js'
import { buildApp } from '../http/app.js'
import { openControl } from '../server.js'

/** What a v1 call answered, typed for whoever knows what to expect. */
export interface V1Answer {
  readonly rc: number
  readonly data: never
  readonly n: number
  readonly msg: string
}

/** API v1 without a socket, over a data directory of its own. */
export interface V1App {
  /** Sends any request. */
  inject(request: InjectOptions): Promise<Response>
  readonly control: Control
  readonly key: string
  /** Calls as the documented samples do, `rest` behind the key; checks the status. */
  call(path: string, rest?: string, status?: number): Promise<V1Answer>
  /** The payload of a call that succeeds. */
  data<T = never>(path: string, doc?: unknown): Promise<T>
  close(): Promise<void>
}

export async function openV1App(): Promise<V1App> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-v1-'))
  const config = readConfig(['--data-dir', folder, '--log-level', 'silent'], {})
  const undo: (() => Promise<void>)[] = []
  const { control } = await openControl(config, folder, undo)
  const key = (await publishCredentials(folder, { url: 'http://none' }))?.apiKey ?? ''
  const app = await buildApp({ control, logLevel: 'silent', resultLimit: 0 })
  const call: V1App['call'] = async (path, rest = '', status = 200) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = `api_key=${key}${rest}`
    const reply = await inject(app.handle, { method: 'POST', url: path, headers, payload })
    assert.equal(reply.statusCode, status, reply.payload)
    return reply.json()
  }
  return {
    inject: (request) => inject(app.handle, request),
    control,
    key,
    call,
    async data(path, doc) {
      const answer = await call(path, doc === undefined ? '' : `&doc=${JSON.stringify(doc)}`)
      assert.equal(answer.rc, 0, answer.msg)
      return answer.data
    },
    async close() {
      await app.close()
      for (const step of undo.reverse()) await step()
      rmSync(folder, { recursive: true })
    },
  }
}
