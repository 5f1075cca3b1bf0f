import { createHash } from 'node:crypto'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { AgentKeys } from '../agent-keys/agent-keys.js'
import type { Organisations } from '../organisations/organisations.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { type Project, projectTable } from './project.js'

const LONGEST_NAME = 64
const MOST_TAGS = 10
const TAG = /^[A-Za-z0-9._-]{1,32}$/

/** What can be changed of a project. */
export type ProjectChanges = Partial<Pick<Project, 'name' | 'tags'>>

export interface Projects {
  /** The oldest first. */
  all(): readonly Project[]
  get(id: string): Project | undefined
  /** The project in which an account's instances are seen. */
  ofAccount(account: string): Project | undefined
  /** Rejects when name or tags are none, or the organisation has a project of that name. */
  create(org: string, name: string, tags?: readonly string[]): Promise<Project>
  update(project: Project, changes: ProjectChanges): Promise<Project>
  remove(project: Project): Promise<void>
  /**
   * Makes an account's organisation and project, named after its login, unless they are there.
   * Their ids follow from the account's, so that servers that share a state make the same.
   */
  ensureFor(account: { readonly id: string; readonly login: string }): Promise<Project>
}

/** Reads the projects; new ones get a key for their agents. */
export async function openProjects(
  keeping: Keeping,
  organisations: Organisations,
  agentKeys: AgentKeys,
): Promise<Projects> {
  const records: Records<Project> = await openRecords(keeping, projectTable)
  const ofAccount = (account: string) =>
    records.all().find((project) => project.account === account)

  async function withAgentKey(project: Project): Promise<Project> {
    const description = 'Made with the project'
    await agentKeys.create({ project: project.id, description, createdBy: 'PROVISIONING' })
    return project
  }

  async function store(project: Project, save: (project: Project) => Promise<void>) {
    const { name, org } = project
    // The index would find it too, but for an update that goes by id only later.
    const isTaken = records
      .all()
      .some((other) => other.id !== project.id && other.org === org && other.name === name)
    if (isTaken) throw refusal('GROUP_ALREADY_EXISTS', name)
    await save(project).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error
      throw refusal('GROUP_ALREADY_EXISTS', name)
    })
    return project
  }

  return {
    all: records.all,
    get: records.get,
    ofAccount,
    async create(org, name, tags = []) {
      check({ name, tags })
      const id = new ObjectId().toHexString()
      const project = { id, name, org, tags, createdMs: Date.now() }
      return withAgentKey(await store(project, records.insert))
    },
    async update(project, changes) {
      check(changes)
      return store({ ...(records.get(project.id) ?? project), ...changes }, records.save)
    },
    async remove({ id }) {
      await records.delete(id)
    },
    async ensureFor({ id: account, login }) {
      const known = ofAccount(account)
      if (known) return known
      const name = login.slice(0, LONGEST_NAME)
      const org = derivedId('organisation', account)
      if (!organisations.get(org)) await organisations.create(name, org)
      const id = derivedId('project', account)
      const project = { id, name, org, tags: [], account, createdMs: Date.now() }
      await records.save(project)
      return agentKeys.ofProject(id).length > 0 ? project : withAgentKey(project)
    },
  }
}

function derivedId(kind: string, account: string): string {
  return createHash('sha256').update(`${kind} of ${account}`).digest('hex').slice(0, 24)
}

function isDuplicate(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  return error.kind === 'conflict' || error.details.codeName === 'DuplicateKey'
}

function check({ name, tags }: ProjectChanges): void {
  if (name !== undefined && (name.trim() === '' || name.length > LONGEST_NAME)) {
    throw refusal('INVALID_GROUP_NAME', name)
  }
  if (tags && tags.length > MOST_TAGS) throw refusal('TOO_MANY_GROUP_TOKENS', String(MOST_TAGS))
  const wrong = tags?.find((tag) => !TAG.test(tag))
  if (wrong !== undefined) throw refusal('INVALID_GROUP_TOKEN', wrong)
}
