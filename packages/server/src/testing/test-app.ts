import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InjectOptions, inject, type Response } from 'light-my-request'
import { readConfig } from '../config.js'
import type { Control } from '../control/control.js'
import { type Credentials, publishCredentials } from '../control/first-start.js'
import { type AppOptions, buildApp } from '../http/app.js'
import { openControl } from '../open-control.js'

/** All that is served over HTTP, without a socket, over a data directory of its own. */
export interface TestApp {
  /** Sends any request. */
  inject(request: InjectOptions): Promise<Response>
  readonly control: Control
  readonly credentials: Credentials
  close(): Promise<void>
}

export interface TestAppOptions {
  /** More options of `gantry serve`. */
  readonly args?: readonly string[]
  readonly app?: Partial<AppOptions>
}

export async function openTestApp({ args = [], app = {} }: TestAppOptions = {}): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-app-'))
  const config = readConfig(['--data-dir', folder, '--log-level', 'silent', ...args], {})
  const undo: (() => Promise<void>)[] = []
  const { control, begin } = await openControl(config, folder, undo)
  await begin('http://127.0.0.1:1')
  const credentials = (await publishCredentials(folder, { url: 'http://none' })) as Credentials
  const built = await buildApp({ control, logLevel: 'silent', resultLimit: 0, ...app })
  return {
    inject: (request) => inject(built.handle, request),
    control,
    credentials,
    async close() {
      await built.close()
      for (const step of undo.reverse()) await step()
      rmSync(folder, { recursive: true })
    },
  }
}
