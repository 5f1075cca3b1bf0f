import { choice, list, named, number, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { date, id } from './values.js'

const area = 'tasks'

/** Work that the server does to the end, also across its restarts. */
export const task = named(
  'Task',
  object(
    {
      id,
      kind: text({ description: 'what is done, such as instance.create' }),
      state: choice(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
      step: text({ description: 'how far it has come, in words' }),
      progress: number({ description: 'from 0 to 1' }),
      created: date,
      result: record({}),
    },
    {
      optional: {
        instance_id: id,
        started: date,
        finished: date,
        error: text(),
        note: text({ description: 'that it went on after a restart or was rolled back' }),
      },
    },
  ),
)

export const listTasks = v2Endpoint({
  method: 'GET',
  path: '/v2/tasks/',
  summary: 'Answers the latest tasks of the account, newest first.',
  area,
  extension: true,
  reply: list(task),
})

export const getTask = v2Endpoint({
  method: 'GET',
  path: '/v2/tasks/{id}/',
  summary: 'Answers a task.',
  area,
  extension: true,
  reply: task,
})

export const cancelTask = v2Endpoint({
  method: 'DELETE',
  audit: 'TASK_CANCELLED',
  path: '/v2/tasks/{id}/',
  summary: 'Has a task stop and undo what it did; 409 when it goes on to its end.',
  area,
  extension: true,
  reply: task,
})
