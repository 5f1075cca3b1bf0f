import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type ProjectGoal, readFileIfThere, writePrivateFile } from '@gantry/server'

/** The last goal that an agent was given, for when it is started while the server is away. */
export interface GoalFile {
  /** Undefined when there is none, or it is of another server, host or key. */
  read(): Promise<ProjectGoal | undefined>
  write(goal: ProjectGoal): Promise<void>
}

interface Content extends ProjectGoal {
  readonly server: string
  readonly hostname: string
  /** Stands for the key, which may be for another project the next time. */
  readonly keyHash: string
}

export interface GoalFileOptions {
  readonly folder: string
  readonly server: string
  readonly hostname: string
  readonly key: string
}

export function goalFile({ folder, server, hostname, key }: GoalFileOptions): GoalFile {
  const keyHash = createHash('sha256').update(key).digest('hex')
  const about = { server, hostname, keyHash }
  const path = join(folder, 'goal.json')
  return {
    async read() {
      const text = await readFileIfThere(path)
      if (text === undefined) return undefined
      const content = JSON.parse(text) as Content
      const isSame = Object.entries(about).every(([name, value]) => {
        return content[name as keyof typeof about] === value
      })
      if (!isSame) return undefined
      return { project: content.project, goal: content.goal }
    },
    write: (goal) => writePrivateFile(path, JSON.stringify({ ...about, ...goal })),
  }
}
