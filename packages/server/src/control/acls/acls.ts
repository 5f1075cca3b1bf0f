/**
 * Who may connect to the ports of instances. An instance with no ACL lets in its own machine
 * only; as soon as it has one, it lets in whom its ACLs name and nobody else. The HTTP APIs
 * are not concerned, nor is what Gantry itself does with an instance.
 */
import { ObjectId } from '@gantry/bson'
import {
  type AddressRange,
  type AddressSet,
  addressSet,
  LOOPBACK,
  parseRange,
} from '../../addresses/address-range.js'
import { AppError } from '../../errors.js'
import type { Instance } from '../instances/instances.js'
import type { State } from '../state.js'
import { type Acl, aclTable } from './acl.js'

export interface Acls {
  /** Oldest first. */
  list(instance: Instance): readonly Acl[]
  /**
   * Rejects with `invalid` unless the mask is an IPv4 address with or without a prefix, and
   * with `conflict` when there is one of the same text.
   */
  add(
    instance: Instance,
    cidrMask: string,
    description: string,
    metadata?: { readonly [key: string]: unknown },
  ): Promise<Acl>
  /** Rejects with `not_found` when the instance has no such ACL. */
  delete(instance: Instance, cidrMask: string): Promise<void>
  /** Whether somebody at an address may connect to an instance now. */
  allows(instance: Instance, address: string | undefined): boolean
  /** Calls back after every change to the ACLs of an instance; one watcher each. */
  watch(instance: Instance, changed: () => void): void
  /** Reads all anew from the state, for a server that shares it. */
  reload(): Promise<void>
  /** Deletes all ACLs of an instance that goes, and its watcher. */
  forget(instance: Pick<Instance, 'id'>): Promise<void>
}

/** Reads all ACLs from the state. */
export async function openAcls(state: State): Promise<Acls> {
  const byInstance = new Map<string, readonly Acl[]>()
  const allowed = new Map<string, AddressSet>()
  const watchers = new Map<string, () => void>()
  /** How often they were changed here. */
  let changes = 0
  await reload()

  async function reload(): Promise<void> {
    let stored: Acl[]
    let before: number
    do {
      before = changes
      stored = await state.list(aclTable, {}, { sort: { _id: 1 } })
      // What changed here meanwhile may be missing in what was read.
    } while (changes !== before)
    const read = new Map([...byInstance.keys()].map((id) => [id, [] as Acl[]]))
    for (const acl of stored) read.set(acl.instance, [...(read.get(acl.instance) ?? []), acl])
    for (const [instance, acls] of read) {
      if (idsOf(acls) !== idsOf(of(instance))) put(instance, acls)
    }
  }

  function of(instance: string): readonly Acl[] {
    return byInstance.get(instance) ?? []
  }

  function put(instance: string, acls: readonly Acl[]): void {
    changes++
    byInstance.set(instance, acls)
    if (acls.length === 0) allowed.delete(instance)
    else allowed.set(instance, addressSet(acls.map(({ cidrMask }) => rangeOf(cidrMask))))
    watchers.get(instance)?.()
  }

  function without(instance: string, { id }: Acl): readonly Acl[] {
    return of(instance).filter((acl) => acl.id !== id)
  }

  function find(instance: string, cidrMask: string): Acl | undefined {
    return of(instance).find((acl) => acl.cidrMask === cidrMask)
  }

  return {
    list: ({ id }) => of(id),
    async add({ id: instance }, cidrMask, description, metadata = {}) {
      rangeOf(cidrMask)
      const id = new ObjectId().toHexString()
      const kept = { cidrMask, description, metadata: JSON.stringify(metadata) }
      const acl = { id, instance, ...kept, createdMs: Date.now() }
      await state.insert(aclTable, acl).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        throw new AppError('conflict', 'ACL already exists', {}, { cause: error })
      })
      // A reload may have brought it already.
      put(instance, [...without(instance, acl), acl])
      return acl
    },
    async delete({ id: instance }, cidrMask) {
      const selector = { instance: new ObjectId(instance), cidrMask }
      const acl = find(instance, cidrMask) ?? (await state.find(aclTable, selector))
      const isThere = acl !== undefined && (await state.delete(aclTable, new ObjectId(acl.id)))
      if (!isThere) throw new AppError('not_found', 'ACL not found')
      put(instance, without(instance, acl))
    },
    allows: ({ id }, address) => (allowed.get(id) ?? LOOPBACK).has(address),
    watch: ({ id }, changed) => void watchers.set(id, changed),
    reload,
    async forget({ id }) {
      watchers.delete(id)
      changes++
      await state.deleteAll(aclTable, { instance: new ObjectId(id) })
      byInstance.delete(id)
      allowed.delete(id)
    },
  }
}

function idsOf(acls: readonly Acl[]): string {
  return acls.map(({ id }) => id).join()
}

function rangeOf(cidrMask: string): AddressRange {
  const range = parseRange(cidrMask)
  if (range?.family !== 'ipv4') throw new AppError('invalid', 'invalid cidr_mask')
  return range
}
