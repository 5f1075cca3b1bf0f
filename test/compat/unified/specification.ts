import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { EJSON } from 'bson'

// biome-ignore lint/suspicious/noExplicitAny: what specification files hold is looked at where it is used.
export type Spec = any

/** One file of tests in MongoDB's unified test format. */
export interface SpecFile {
  /** Where it lies below the folder of the specifications. */
  readonly path: string
  readonly content: Spec
}

/** The test files of one folder of the specifications. */
export function readSpecFiles(root: string, folder: string): SpecFile[] {
  return jsonFiles(join(root, 'source', folder, 'tests'))
    .map((path) => ({
      path: relative(join(root, 'source'), path),
      content: EJSON.parse(readFileSync(path, 'utf8'), { relaxed: true }) as Spec,
    }))
    .filter(({ content }) => content.schemaVersion !== undefined)
}

function jsonFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name))
}

/** Thrown when a test asks for what cannot be had here; the test is left out, not failed. */
export class LeftOut extends Error {}

/** The server as requirements of tests see it. */
export interface ServerFacts {
  readonly version: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Says whether one of the requirements is met; none at all are always. */
export function meetsRequirements(requirements: Spec[] | undefined, facts: ServerFacts): boolean {
  return !requirements || requirements.some((requirement) => meets(requirement, facts))
}

function meets(requirement: Spec, { version, parameters }: ServerFacts): boolean {
  const { minServerVersion, maxServerVersion, topologies, serverless, auth, csfle } = requirement
  if (minServerVersion && compareVersions(version, minServerVersion) < 0) return false
  if (maxServerVersion && compareVersions(version, maxServerVersion) > 0) return false
  if (topologies && !topologies.includes('replicaset')) return false
  return (
    serverless !== 'require' &&
    auth !== false &&
    !csfle &&
    Object.entries(requirement.serverParameters ?? {}).every(
      ([name, value]) => parameters[name] === value,
    )
  )
}

/** Compares as many parts as the wanted version names: `8.0` is met by `8.0.4`. */
function compareVersions(actual: string, wanted: string): number {
  const parts = actual.split('.').map((part) => Number.parseInt(part, 10))
  for (const [i, part] of wanted.split('.').entries()) {
    if (Number(part) === 99) return -1
    const difference = (parts[i] ?? 0) - Number(part)
    if (difference !== 0) return difference
  }
  return 0
}
