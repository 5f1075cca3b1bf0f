/**
 * Which system outside of Gantry manages a project, and what it wants to be left to it. As with Ops
 * Manager this binds people's interfaces, not the API, through which that system itself works.
 */
import { DateTime, type Doc, ObjectId } from '@gantry/bson'
import { type Keeping, type Kept, openRecords, type Records } from '../records.js'
import { docsIn } from '../reply.js'
import { idIn, optionalTextIn, type Table, textIn, textsIn, timeIn } from '../state.js'

/** What the system outside wants to be left to it. */
export interface FeaturePolicy {
  readonly policy: string
  /** Settings of MongoDB, of the policy that is about these. */
  readonly disabledParams?: readonly string[]
}

/** The system outside that manages a group. */
export interface ExternalSystem {
  readonly name: string
  readonly systemId?: string
  readonly version?: string
}

/** Of a project, whose id it has. */
export interface ControlledFeatures extends Kept {
  readonly updatedMs: number
  readonly system?: ExternalSystem
  readonly policies: readonly FeaturePolicy[]
}

export const controlledFeatureTable: Table<ControlledFeatures> = {
  collection: 'controlledFeatures',
  write: ({ id, createdMs, updatedMs, system, policies }) => ({
    _id: new ObjectId(id),
    ...(system && { system: defined(system) }),
    policies: policies.map(defined),
    created: DateTime.fromMs(createdMs),
    updated: DateTime.fromMs(updatedMs),
  }),
  read(doc) {
    const system = doc.get('system')
    return {
      id: idIn(doc, '_id'),
      ...(system instanceof Map && { system: systemIn(system) }),
      policies: docsIn(doc.get('policies')).map(policyIn),
      createdMs: timeIn(doc, 'created'),
      updatedMs: timeIn(doc, 'updated'),
    }
  },
}

function defined<T extends object>(given: T) {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function systemIn(doc: Doc): ExternalSystem {
  const [systemId, version] = [optionalTextIn(doc, 'systemId'), optionalTextIn(doc, 'version')]
  return {
    name: textIn(doc, 'name'),
    ...(systemId !== undefined && { systemId }),
    ...(version !== undefined && { version }),
  }
}

function policyIn(doc: Doc): FeaturePolicy {
  const policy = textIn(doc, 'policy')
  return doc.has('disabledParams')
    ? { policy, disabledParams: textsIn(doc, 'disabledParams') }
    : { policy }
}

/** Which system outside manages which group. */
export interface FeaturePolicies {
  /** Undefined: nobody has said anything. */
  get(project: string): ControlledFeatures | undefined
  /** Replaces all of it. */
  put(
    project: string,
    wanted: Pick<ControlledFeatures, 'system' | 'policies'>,
    nowMs: number,
  ): Promise<ControlledFeatures>
  forget(project: string): Promise<void>
}

/** Reads what is kept of them. */
export async function openFeaturePolicies(keeping: Keeping): Promise<FeaturePolicies> {
  const records: Records<ControlledFeatures> = await openRecords(keeping, controlledFeatureTable)
  return {
    get: records.get,
    async put(project, wanted, nowMs) {
      const createdMs = records.get(project)?.createdMs ?? nowMs
      const features = { id: project, createdMs, updatedMs: nowMs, ...wanted }
      await records.save(features)
      return features
    },
    async forget(project) {
      await records.delete(project)
    },
  }
}
