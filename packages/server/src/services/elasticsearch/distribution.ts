import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.js'

/** An Elasticsearch or OpenSearch that is installed on this machine. */
export interface Distribution {
  readonly family: 'elasticsearch' | 'opensearch'
  readonly home: string
  /** What starts a node. */
  readonly command: string
  readonly version: string
  readonly major: number
}

/**
 * Looks what is installed in a folder, by the library of that name which every distribution
 * has. Rejects with `unavailable` when there is none, saying how to get one.
 */
export async function distributionIn(home: string | undefined): Promise<Distribution> {
  if (home === undefined) throw missing('no Elasticsearch and no OpenSearch is configured')
  const libraries = await readdir(join(home, 'lib')).catch(() => [])
  for (const library of libraries) {
    const [, family, version] =
      /^(elasticsearch|opensearch)-(\d+\.\d+\.\d+).*\.jar$/.exec(library) ?? []
    if (family !== 'elasticsearch' && family !== 'opensearch') continue
    const command = join(home, 'bin', family)
    return { family, home, command, version, major: Number.parseInt(version, 10) }
  }
  throw missing(`${home} holds no Elasticsearch and no OpenSearch`)
}

function missing(what: string): AppError {
  const ways = [
    'unpack a distribution on this machine and name its folder with --elasticsearch-home',
    'or attach a cluster that runs elsewhere by its URL',
  ]
  return new AppError('unavailable', `${what}: ${ways.join(', ')}`)
}
