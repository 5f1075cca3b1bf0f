import type { JsonValue } from '@gantry/client'
import type { SortColumn } from './operations.js'

/** How a look is to be shown. */
export interface Shown {
  readonly sort: SortColumn
  readonly reversed: boolean
  readonly paused: boolean
  /** Why there is no newer look. */
  readonly problem: string | undefined
}

/** A line of the screen; which of them stand out is for the screen to decide. */
export interface Line {
  readonly text: string
  readonly style?: 'heading' | 'faint' | 'alarm'
}

/** What a screen has room for; without one, all of it. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** One look at an instance, for the screen and without one. */
export interface View {
  /** False for a first look, which has no rates. */
  readonly hasRates: boolean
  /** As many lines as there is room for, none longer than the room. */
  render(shown: Shown, size: Size): Line[]
  /** Without a screen: no keys, nothing cut. */
  plain(shown: Shown): string
  /** For programs. */
  record(sort: SortColumn): JsonValue
}
