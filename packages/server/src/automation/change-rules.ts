import { dbPathOf, type Goal, type GoalProcess } from './goal.js'
import { isOneStep, releaseOf } from './releases.js'

/** What a document may not change of the processes of the one before. */
export function* changeFaults(goal: Goal, before: Goal): Generator<string> {
  const known = new Map(before.processes.map((process) => [process.name, process]))
  for (const process of goal.processes) {
    const old = known.get(process.name)
    if (old) yield* processChangeFaults(process, old)
  }
}

function* processChangeFaults(process: GoalProcess, old: GoalProcess): Generator<string> {
  const { name, hostname, version } = process
  if (old.hostname !== hostname) {
    yield `The process ${name} is on ${old.hostname} and cannot move to ${hostname}: add another one there.`
  }
  if (dbPathOf(old) !== dbPathOf(process)) {
    yield `The args2_6.storage.dbPath of the process ${name} cannot change from ${dbPathOf(old)} to ${dbPathOf(process)}: add another process, or leave this one out once, which lets it go.`
  }
  if (old.processType !== process.processType) {
    yield `The process ${name} is a ${old.processType} and cannot become a ${process.processType}.`
  }
  if (!isOneStep(releaseOf(old.version), releaseOf(version))) {
    yield `The process ${name} cannot go from ${old.version} to ${version} at once: take one release after the other.`
  }
}
