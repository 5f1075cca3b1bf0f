import type { State } from '../state.js'
import { decodeBlock, encodeBlock } from './block.js'
import type { Names } from './names.js'
import { copyPoints, noPoints, type Points } from './points.js'
import { blocks } from './tables.js'
import { blockMs, FINEST, floorTo, type Tier, tiers } from './tiers.js'

/** A span of time, its end not included. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** The stored points of one subject, tier by tier. */
export interface BlockStore {
  /** The span is whole steps of the tier. */
  read(level: number, span: Span, wanted?: (name: string) => boolean): Promise<Points>
  /** Writes points over what is there of them; `namesChanged` is called before a block refers to a new name. */
  write(level: number, points: Points, namesChanged: () => Promise<void>): Promise<void>
  /** Deletes the blocks that hold nothing but what is too old at a moment. */
  forgetOld(nowMs: number): Promise<void>
}

/** `key` is what the ids of the subject's blocks begin with. */
export function blockStore(state: State, key: string, names: Names): BlockStore {
  const idAt = ({ letter, ...tier }: Tier, ms: number) => {
    const index = Math.max(0, Math.floor(ms / blockMs({ letter, ...tier })))
    return `${key}${letter}${index.toString(36).padStart(6, '0')}`
  }
  const startOf = (id: string, tier: Tier) => Number.parseInt(id.slice(-6), 36) * blockMs(tier)

  const store: BlockStore = {
    async read(level, { startMs, endMs }, wanted) {
      const tier = tiers[level]
      const { stepMs } = tier
      const isFinest = level === FINEST
      const points = noPoints(startMs, stepMs, Math.max(0, (endMs - startMs) / stepMs))
      if (points.count === 0) return points
      const range = { $gte: idAt(tier, startMs), $lte: idAt(tier, endMs - 1) }
      for (const { id, points: bytes } of await state.list(blocks, { _id: range })) {
        const place = { startMs: startOf(id, tier), stepMs, isFinest }
        copyPoints(decodeBlock(bytes, place, names, wanted), points, isFinest)
      }
      return points
    },
    async write(level, points, namesChanged) {
      const tier = tiers[level]
      const endMs = points.startMs + points.count * tier.stepMs
      for (let at = floorTo(points.startMs, blockMs(tier)); at < endMs; at += blockMs(tier)) {
        const block = await store.read(level, { startMs: at, endMs: at + blockMs(tier) })
        copyPoints(points, block, level === FINEST)
        const count = block.samples.findLastIndex((samples) => samples > 0) + 1
        if (count === 0) continue
        const bytes = encodeBlock({ ...block, count }, names)
        if (names.all().length > names.savedCount) await namesChanged()
        await state.save(blocks, { id: idAt(tier, at), points: bytes })
      }
    },
    async forgetOld(nowMs) {
      for (const tier of tiers) {
        const oldest = idAt(tier, nowMs - tier.keepMs)
        await state.deleteAll(blocks, { _id: { $gte: key + tier.letter, $lt: oldest } })
      }
    },
  }
  return store
}
