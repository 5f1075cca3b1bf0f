import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { mayInGroup } from '../../control/roles/roles.js'
import { type Entity, path, self } from './result.js'

/** A project as the Public API shows it to somebody; only some may see the agents' key. */
export function presentGroup(control: Control, { roles }: Caller, project: Project): Entity {
  const { id, name, org, tags } = project
  const [key] = control.agentKeys.ofProject(id)
  const maySeeKey = mayInGroup(roles, project, 'GROUP_AUTOMATION_ADMIN')
  return {
    agentApiKey: key && maySeeKey ? control.agentKeys.reveal(key) : undefined,
    id,
    name,
    orgId: org,
    publicApiEnabled: true,
    tags,
    links: [self(path`/groups/${id}`)],
  }
}
