import type { StageParser } from '../stage.js'
import { bucket } from './bucket.js'
import { bucketAuto } from './bucketAuto.js'
import { count, sortByCount } from './count.js'
import { densify } from './densify.js'
import { documents } from './documents.js'
import { facet } from './facet.js'
import { fill } from './fill.js'
import { graphLookup } from './graphLookup.js'
import { group } from './group.js'
import { limit, skip } from './limit.js'
import { listSearchIndexes } from './listSearchIndexes.js'
import { lookup } from './lookup.js'
import { match } from './match.js'
import { merge } from './merge.js'
import { out } from './out.js'
import { addFields, project, unset } from './project.js'
import { redact } from './redact.js'
import { replaceRoot, replaceWith } from './replaceRoot.js'
import { sample } from './sample.js'
import { setWindowFields } from './setWindowFields.js'
import { sort } from './sort.js'
import { collStats, indexStats } from './stats.js'
import { unionWith } from './unionWith.js'
import { unwind } from './unwind.js'

/** All stages of a pipeline, by name. */
export const stages: ReadonlyMap<string, StageParser> = new Map<string, StageParser>(
  Object.entries({
    $addFields: addFields,
    $bucket: bucket,
    $bucketAuto: bucketAuto,
    $collStats: collStats,
    $count: count,
    $densify: densify,
    $documents: documents,
    $facet: facet,
    $fill: fill,
    $graphLookup: graphLookup,
    $group: group,
    $indexStats: indexStats,
    $limit: limit,
    $listSearchIndexes: listSearchIndexes,
    $lookup: lookup,
    $match: match,
    $merge: merge,
    $out: out,
    $project: project,
    $redact: redact,
    $replaceRoot: replaceRoot,
    $replaceWith: replaceWith,
    $sample: sample,
    $set: addFields,
    $setWindowFields: setWindowFields,
    $skip: skip,
    $sort: sort,
    $sortByCount: sortByCount,
    $unionWith: unionWith,
    $unset: unset,
    $unwind: unwind,
  }),
)

/** Stages of MongoDB that need what this engine does not have; refused by name rather than as unknown. */
export const unsupportedStages: ReadonlySet<string> = new Set([
  '$changeStreamSplitLargeEvent',
  '$currentOp',
  '$geoNear',
  '$listClusterCatalog',
  '$listLocalSessions',
  '$listSampledQueries',
  '$listSessions',
  '$planCacheStats',
  '$querySettings',
  '$queryStats',
  '$rankFusion',
  '$scoreFusion',
  '$search',
  '$searchMeta',
  '$shardedDataDistribution',
  '$vectorSearch',
])
