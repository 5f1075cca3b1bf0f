// Writes docs/compatibility.md: which of MongoDB's commands, stages and operators the embedded
// engine has. Ours are asked of the built engine; MongoDB's and the notes are the lists below.
import { writeFileSync } from 'node:fs'
import { encodeValue } from '@gantry/bson'

const engine = '../packages/engine/dist'
const { commands } = await import(`${engine}/commands/index.js`)
const { stages } = await import(`${engine}/aggregate/stages/index.js`)
const { operators } = await import(`${engine}/aggregate/operators/index.js`)
const { accumulators } = await import(`${engine}/aggregate/accumulators/index.js`)
const { compileExpression } = await import(`${engine}/aggregate/expression.js`)
const { parseFilter } = await import(`${engine}/query/parse.js`)
const { parseUpdate } = await import(`${engine}/update/parse.js`)

/** What MongoDB 8 has, sorted; internal and sharding-only names are left out. */
const known = {
  commands: `abortTransaction aggregate appendOplogNote atlasVersion authenticate autoCompact
    buildInfo bulkWrite cloneCollectionAsCapped collMod collStats commitTransaction compact
    compactStructuredEncryptionData connPoolStats connectionStatus convertToCapped count create
    createIndexes createRole createSearchIndexes createUser currentOp dataSize dbHash dbStats delete
    distinct drop dropAllRolesFromDatabase dropAllUsersFromDatabase dropConnections dropDatabase
    dropIndexes dropRole dropSearchIndex dropUser endSessions explain features filemd5 find
    findAndModify fsync fsyncUnlock getAuditConfig getCmdLineOpts getDefaultRWConcern getLog getMore
    getParameter grantPrivilegesToRole grantRolesToRole grantRolesToUser hello hostInfo insert
    invalidateUserCache isMaster killAllSessions killAllSessionsByPattern killCursors killOp
    killSessions listCollections listCommands listDatabases listIndexes listSearchIndexes lockInfo
    logRotate logout mapReduce ping planCacheClear planCacheClearFilters planCacheListFilters
    planCacheSetFilter profile reIndex refreshSessions renameCollection replSetGetConfig
    replSetGetStatus replSetStepDown revokePrivilegesFromRole revokeRolesFromRole
    revokeRolesFromUser rolesInfo rotateCertificates saslContinue saslStart serverStatus
    setDefaultRWConcern setIndexCommitQuorum setParameter setProfilingFilterGlobally
    setQuerySettings shutdown startSession top update updateRole updateSearchIndex updateUser
    usersInfo validate validateDBMetadata whatsmyuri`,
  stages: `$addFields $bucket $bucketAuto $changeStream $changeStreamSplitLargeEvent $collStats
    $count $currentOp $densify $documents $facet $fill $geoNear $graphLookup $group $indexStats
    $limit $listLocalSessions $listSampledQueries $listSearchIndexes $listSessions $lookup $match
    $merge $out $planCacheStats $project $querySettings $queryStats $rankFusion $redact $replaceRoot
    $replaceWith $sample $scoreFusion $search $searchMeta $set $setWindowFields $skip $sort
    $sortByCount $unionWith $unset $unwind $vectorSearch`,
  query: `$all $and $bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet $comment $elemMatch $eq
    $exists $expr $geoIntersects $geoWithin $gt $gte $in $jsonSchema $lt $lte $mod $ne $near
    $nearSphere $nin $nor $not $or $regex $sampleRate $size $text $type $where`,
  update: `$addToSet $bit $currentDate $inc $max $min $mul $pop $pull $pullAll $push $rename $set
    $setOnInsert $unset`,
  expressions: `$abs $acos $acosh $add $allElementsTrue $and $anyElementTrue $arrayElemAt
    $arrayToObject $asin $asinh $atan $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor
    $bsonSize $ceil $cmp $concat $concatArrays $cond $convert $cos $cosh $dateAdd $dateDiff
    $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth
    $dayOfWeek $dayOfYear $degreesToRadians $divide $eq $exp $filter $first $firstN $floor $function
    $getField $gt $gte $hour $ifNull $in $indexOfArray $indexOfBytes $indexOfCP $isArray $isNumber
    $isoDayOfWeek $isoWeek $isoWeekYear $last $lastN $let $literal $ln $log $log10 $lt $lte $ltrim
    $map $max $maxN $median $mergeObjects $meta $millisecond $min $minN $minute $mod $month
    $multiply $ne $not $objectToArray $or $percentile $pow $radiansToDegrees $rand $range $reduce
    $regexFind $regexFindAll $regexMatch $replaceAll $replaceOne $reverseArray $round $rtrim
    $second $setDifference $setEquals $setField $setIntersection $setIsSubset $setUnion
    $sin $sinh $size $slice $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP
    $strcasecmp $substr $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate
    $toDecimal $toDouble $toHashedIndexKey $toInt $toLong $toLower $toObjectId $toString $toUUID
    $toUpper $trim $trunc $tsIncrement $tsSecond $type $unsetField $week $year $zip`,
  accumulators: `$accumulator $addToSet $avg $bottom $bottomN $count $first $firstN $last $lastN
    $max $maxN $median $mergeObjects $min $minN $percentile $push $stdDevPop $stdDevSamp $sum $top
    $topN`,
}

/** Where we have a thing only in part, what is missing. */
const partly = {
  commands: {
    aggregate: 'collation `simple` only',
    compact: 'frees nothing at once: LMDB uses freed pages again by itself',
    create:
      'no time series or encrypted collections, clustered ones without expiry; collation `simple` only',
    createIndexes: 'no text, geo or wildcard indexes; collation `simple` only',
    explain: 'index bounds are shown as keys; of a pipeline no figures of the stages',
    find: 'collation `simple` only; `returnKey` not with multikey indexes',
    createSearchIndexes: 'answers the error of a server without a search service',
    dropSearchIndex: 'answers the error of a server without a search service',
    updateSearchIndex: 'answers the error of a server without a search service',
    planCacheSetFilter: 'answers an error that says what to use in its place',
    getParameter: 'the parameters that the engine has',
    setParameter: 'the parameters that the engine has',
    validate: 'no repair',
  },
  stages: {
    $bucketAuto: 'up to 100 MB, does not go to disk',
    $facet: 'up to 100 MB, does not go to disk',
    $lookup: 'from the same database',
    $out: 'no time series',
    $setWindowFields: 'up to 100 MB, does not go to disk',
    $unionWith: 'from the same database',
  },
  query: { $regex: 'no recursion, subroutine calls or callouts in a pattern' },
  update: {},
  expressions: { $meta: 'answers the errors of a query without text or vector search' },
  accumulators: {},
}

/** Tries a thing: it is taken, unknown, or refused by name. Wrong arguments do not matter here. */
function outcome(attempt) {
  try {
    attempt()
    return 'taken'
  } catch (error) {
    const refusals = [
      'CommandNotSupported',
      'SearchNotEnabled',
      'InvalidPipelineOperator',
      'IndexNotFound',
    ]
    if (refusals.includes(error.codeName) || /globalScriptEngine/.test(error.message)) {
      return 'refused'
    }
    return /unknown|Unrecognized/i.test(error.message) ? 'unknown' : 'taken'
  }
}

const isTaken = (attempt) => outcome(attempt) === 'taken'

const document = (value) => encodeValue(new Map(Object.entries(value)))

/** An operator stands on a field or at the top; where it does not belong it is unknown. */
function filterIsTaken(name) {
  const places = [document({ a: new Map([[name, 1]]) }), document({ [name]: 1 })]
  const outcomes = places.map(({ buf, at }) => outcome(() => parseFilter(buf, at)))
  return outcomes.includes('taken') && !outcomes.includes('refused')
}

const ours = {
  commands: (name) => commands.some((one) => one.name === name || one.aliases?.includes(name)),
  stages: (name) => name === '$changeStream' || stages.has(name),
  query: filterIsTaken,
  update: (name) => isTaken(() => parseUpdate(document({ [name]: new Map([['a', 'b']]) }))),
  expressions: (name) =>
    operators.has(name) && isTaken(() => compileExpression(document({ [name]: 1 }))),
  accumulators: (name) => accumulators.has(name),
}

const titles = {
  commands: 'Commands',
  stages: 'Aggregation stages',
  query: 'Query operators',
  update: 'Update operators',
  expressions: 'Expression operators',
  accumulators: 'Accumulators of `$group`',
}

function section(kind) {
  const names = known[kind].split(/\s+/)
  const rows = names.map((name) => {
    const note = partly[kind][name]
    const answer = ours[kind](name) ? (note ? 'part' : 'yes') : 'no'
    return { answer, row: `| \`${name}\` | ${answer} | ${answer === 'part' ? note : ''} |` }
  })
  const count = (answer) => rows.filter((row) => row.answer === answer).length
  return [
    `## ${titles[kind]}`,
    '',
    `${count('yes')} yes, ${count('part')} in part, ${count('no')} no.`,
    '',
    '| Name | | What is missing |',
    '|---|---|---|',
    ...rows.map(({ row }) => row),
    '',
  ].join('\n')
}

const text = `# Compatibility with MongoDB

What the embedded engine has of MongoDB 8, on one machine as the primary of a replica set of one.
What it does not have fails with MongoDB's own error, which names it. This page is made from the
engine itself by \`npm run compatibility\`; continuous integration checks that it is up to date.

${Object.keys(known).map(section).join('\n')}`

writeFileSync(new URL('../docs/compatibility.md', import.meta.url), text)
