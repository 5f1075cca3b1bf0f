import type { RequestCounts } from '../../control/request-counts/request-counts.js'
import { AppError } from '../../errors.js'

/** What the headers about the limit say where nothing is counted. */
export const NOT_COUNTED: RateHeaders = rateHeaders(1, 1, -1)

export interface RateHeaders {
  readonly 'x-ratelimit-limit': number
  readonly 'x-ratelimit-remaining': number
  readonly 'x-ratelimit-reset': number
}

/**
 * Counts a request of an account within the second that it is in. Hands the headers over
 * before it rejects with `limited`, as a refusal has them too.
 */
export async function countRequest(
  counts: RequestCounts,
  account: string,
  limit: number,
  setHeaders: (headers: RateHeaders) => void,
): Promise<void> {
  const second = Math.floor(Date.now() / 1000)
  const count = await counts.count(account, second)
  setHeaders(rateHeaders(limit, Math.max(0, limit - count), second + 1))
  if (count > limit) {
    throw new AppError('limited', `more than ${limit} requests in a second; try again in the next`)
  }
}

function rateHeaders(limit: number, remaining: number, reset: number): RateHeaders {
  return {
    'x-ratelimit-limit': limit,
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': reset,
  }
}
