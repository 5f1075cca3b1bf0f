import type { GantryProcess } from './gantry-process.js'

/** What a v1 call answered, its body both as text and parsed. */
export interface V1Answer {
  readonly status: number
  readonly text: string
  readonly json: { rc: number; data: never; n: number; msg: string }
}

/** Calls v1 in proper form encoding, the key included: that of the first start's instance unless another is given. */
export async function callV1(
  gantry: GantryProcess,
  path: string,
  parameters: { doc?: string; set?: string } = {},
  apiKey = gantry.credentials().apiKey,
): Promise<V1Answer> {
  const body = new URLSearchParams({ api_key: apiKey, ...parameters })
  const response = await fetch(gantry.url + path, { method: 'POST', body })
  const text = await response.text()
  return { status: response.status, text, json: JSON.parse(text) }
}
