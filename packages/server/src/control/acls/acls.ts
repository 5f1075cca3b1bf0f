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
}

/** Reads all ACLs from the state. */
export async function openAcls(state: State): Promise<Acls> {
  const byInstance = new Map<string, readonly Acl[]>()
  const allowed = new Map<string, AddressSet>()
  const watchers = new Map<string, () => void>()
  for (const acl of await state.list(aclTable)) put(acl.instance, [...of(acl.instance), acl])

  function of(instance: string): readonly Acl[] {
    return byInstance.get(instance) ?? []
  }

  function put(instance: string, acls: readonly Acl[]): void {
    byInstance.set(instance, acls)
    if (acls.length === 0) allowed.delete(instance)
    else allowed.set(instance, addressSet(acls.map(({ cidrMask }) => rangeOf(cidrMask))))
    watchers.get(instance)?.()
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
      put(instance, [...of(instance), acl])
      return acl
    },
    async delete({ id: instance }, cidrMask) {
      const acl = find(instance, cidrMask)
      const isThere = acl !== undefined && (await state.delete(aclTable, new ObjectId(acl.id)))
      if (!isThere) throw new AppError('not_found', 'ACL not found')
      put(
        instance,
        of(instance).filter(({ id }) => id !== acl.id),
      )
    },
    allows: ({ id }, address) => (allowed.get(id) ?? LOOPBACK).has(address),
    watch: ({ id }, changed) => void watchers.set(id, changed),
  }
}

function rangeOf(cidrMask: string): AddressRange {
  const range = parseRange(cidrMask)
  if (range?.family !== 'ipv4') throw new AppError('invalid', 'invalid cidr_mask')
  return range
}
