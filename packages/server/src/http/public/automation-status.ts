import type { KnownStatus } from '../../control/automation/statuses.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import type { Json } from './result.js'

/** So long an agent may take until it has said something of a new document. */
const PATIENCE_MS = 15_000
/** Of processes for which there is nobody to do anything; agents themselves have other codes. */
const NO_AGENT = 8

/** How far the processes of a project have come. */
export function presentStatus(control: Control, project: Project, nowMs: number): Json {
  const { goalVersion, processes } = control.automation.status(project.id)
  const isNew = nowMs - control.automation.acceptedMs(project.id) < PATIENCE_MS
  return {
    goalVersion,
    processes: processes.map((status) => {
      const isWaiting = status.lastGoalVersionAchieved < goalVersion && status.errorCode === 0
      const reason = isWaiting && !isNew && waitsFor(control, project, status)
      const { errorCode, errorString } = reason
        ? { errorCode: NO_AGENT, errorString: reason }
        : status
      return {
        errorCode,
        errorCodeDescription: errorString,
        errorCodeHumanReadable: errorString,
        errorString,
        hostname: status.hostname,
        lastGoalVersionAchieved: status.lastGoalVersionAchieved,
        name: status.name,
        plan: status.plan,
      }
    }),
  }
}

/** Why nothing goes on with a process; undefined while its agent is at work. */
function waitsFor(control: Control, project: Project, status: KnownStatus): string | undefined {
  const { hostname, isReported } = status
  const agents = control.agents
    .ofProject(project)
    .filter((agent) => agent.type === 'AUTOMATION' && agent.hostname === hostname)
  if (agents.some((agent) => control.agents.isPresent(agent))) return undefined
  if (agents.length === 0) {
    // The agent of a server answers to further names of its machine.
    return isReported ? undefined : `No agent works on ${hostname}: start gantry agent there.`
  }
  const lastMs = Math.max(...agents.map(({ lastPingMs }) => lastPingMs))
  return `The agent on ${hostname} has not been heard of since ${new Date(lastMs).toISOString()}: start it again.`
}
