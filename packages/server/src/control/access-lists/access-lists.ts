/**
 * From where keys of the Public API may be used. An owner without entries is let in from
 * everywhere; with entries, from where they say and nowhere else.
 */
import { DateTime, ObjectId } from '@gantry/bson'
import {
  type AddressRange,
  addressSet,
  networkOf,
  parseRange,
  plainAddress,
} from '../../addresses/address-range.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { type AccessEntry, accessTable } from './access-entry.js'

/** An entry that is asked for: one address, or a block of them. */
export interface NewEntry {
  readonly ipAddress?: string
  readonly cidrBlock?: string
  readonly comment?: string
}

export interface AccessLists {
  /** The oldest first. */
  list(owner: string): readonly AccessEntry[]
  /** By an address, or a block, in any of its forms. */
  get(owner: string, address: string): AccessEntry | undefined
  /** Adds those that are not there yet. Rejects, with nothing added, when one is none or is given twice. */
  add(owner: string, entries: readonly NewEntry[]): Promise<void>
  /** Rejects when no other entry would let in the caller, who is at `from`; undefined: does not matter. */
  remove(entry: AccessEntry, from: string | undefined): Promise<void>
  /** Removes all, as their owner is gone. */
  forget(owner: string): Promise<void>
  /** Whether an owner lets in somebody at an address, which counts as a use of the entry. */
  admits(owner: string, address: string | undefined): boolean
  /** Writes down the uses that were counted. */
  flush(): Promise<void>
}

export async function openAccessLists(keeping: Keeping): Promise<AccessLists> {
  const { state } = keeping
  const records: Records<AccessEntry> = await openRecords(keeping, accessTable)
  const uses = new Map<string, AccessEntry>()
  const list = (owner: string) =>
    records
      .all()
      .filter((entry) => entry.owner === owner)
      .map((entry) => uses.get(entry.id) ?? entry)

  function get(owner: string, address: string) {
    const range = parseRange(address)
    if (!range) return undefined
    const block = blockOf(range)
    return list(owner).find(({ cidrBlock }) => cidrBlock === block)
  }

  return {
    list,
    get,
    async add(owner, wanted) {
      const entries = wanted.map((entry) => ({ block: readEntry(entry), comment: entry.comment }))
      const blocks = entries.map(({ block }) => block)
      const twice = blocks.find((block, i) => blocks.indexOf(block) < i)
      if (twice !== undefined) throw refusal('DUPLICATE_ADDRESSES_IN_INPUT', twice)
      for (const { block: cidrBlock, comment } of entries) {
        if (get(owner, cidrBlock)) continue
        const id = new ObjectId().toHexString()
        const times = { count: 0, createdMs: Date.now() }
        const entry = { id, owner, cidrBlock, ...(comment !== undefined && { comment }), ...times }
        await records.insert(entry)
      }
    },
    async remove(entry, from) {
      const others = list(entry.owner).filter(({ id }) => id !== entry.id)
      const isOnlyOne = (at: string) =>
        covers(entry, at) && !others.some((other) => covers(other, at))
      if (from !== undefined && isOnlyOne(from)) {
        throw refusal('CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST', entry.cidrBlock)
      }
      uses.delete(entry.id)
      await records.delete(entry.id)
    },
    async forget(owner) {
      for (const { id } of list(owner)) {
        uses.delete(id)
        await records.delete(id)
      }
    },
    admits(owner, address) {
      const entries = list(owner)
      const entry = address === undefined ? undefined : entries.find((one) => covers(one, address))
      if (!entry) return entries.length === 0
      const { count } = entry
      const lastUsedAddress = plainAddress(address as string)
      uses.set(entry.id, { ...entry, count: count + 1, lastUsedMs: Date.now(), lastUsedAddress })
      return true
    },
    async flush() {
      const used = [...uses.values()]
      uses.clear()
      for (const entry of used) {
        const kept = records.get(entry.id)
        if (!kept) continue
        const { lastUsedMs = 0, lastUsedAddress, count } = entry
        await state.update(accessTable, new ObjectId(entry.id), {
          $inc: { count: count - kept.count },
          $set: { lastUsed: DateTime.fromMs(lastUsedMs), lastUsedAddress },
        })
        records.refresh(entry)
      }
    },
  }
}

function covers({ cidrBlock }: AccessEntry, address: string): boolean {
  const range = parseRange(cidrBlock)
  return range !== undefined && addressSet([range]).has(address)
}

/** The block that an entry means. */
function readEntry({ ipAddress, cidrBlock }: NewEntry): string {
  if (ipAddress !== undefined && cidrBlock !== undefined) {
    throw refusal('BAD_ACCESS_LIST_ADD_REQUEST', ipAddress, cidrBlock)
  }
  const text = ipAddress ?? cidrBlock
  if (text === undefined) throw refusal('MISSING_ONE_OF_ATTRIBUTES', 'ipAddress', 'cidrBlock')
  const range = parseRange(text)
  const isAddress = !text.includes('/')
  if (!range || (ipAddress !== undefined && !isAddress)) {
    throw refusal('INVALID_IP_ADDRESS_OR_CIDR_NOTATION', text)
  }
  return blockOf(range)
}

function blockOf(range: AddressRange): string {
  const { address, prefix } = networkOf(range)
  return `${address}/${prefix}`
}
