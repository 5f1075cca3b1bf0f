import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { presentStatus } from './automation-status.js'

const HOST = 'db1.example.com'
const ACCEPTED = Date.UTC(2026, 0, 1)
const heard = { type: 'AUTOMATION', hostname: HOST, lastPingMs: ACCEPTED }
const behind = {
  name: 'one',
  hostname: HOST,
  lastGoalVersionAchieved: 1,
  plan: [],
  errorCode: 0,
  errorString: '',
  isReported: true,
}

/** What is known, how long after the document was accepted it is asked for, and what is said. */
const cases: readonly (readonly [
  string,
  { status?: object; agents?: object[]; present?: boolean; afterMs?: number },
  RegExp,
])[] = [
  ['a new document may take a moment', { status: { isReported: false }, afterMs: 5000 }, /^$/],
  ['nobody is there', { status: { isReported: false } }, /^No agent works on db1\.example\.com/],
  [
    'an agent of another kind is no help',
    { status: { isReported: false }, agents: [{ ...heard, type: 'MONITORING' }] },
    /^No agent/,
  ],
  [
    'an agent elsewhere is no help',
    { status: { isReported: false }, agents: [{ ...heard, hostname: 'x' }] },
    /^No agent/,
  ],
  ['an agent by another name has reported', {}, /^$/],
  ['the agent is at work', { agents: [heard], present: true }, /^$/],
  [
    'the agent has gone',
    { agents: [heard], present: false },
    /not been heard of since 2026-01-01T00:00:00\.000Z/,
  ],
  [
    'the agent has said what is wrong',
    { status: { errorCode: 4, errorString: 'no port' }, agents: [heard] },
    /^no port$/,
  ],
  [
    'the goal is reached, whoever has gone',
    { status: { lastGoalVersionAchieved: 2 }, agents: [heard] },
    /^$/,
  ],
]

describe('what automationStatus says of a process that is behind', () => {
  for (const [what, { status, agents = [], present = false, afterMs = 20_000 }, text] of cases) {
    test(what, () => {
      const control = {
        automation: {
          status: () => ({ goalVersion: 2, processes: [{ ...behind, ...status }] }),
          acceptedMs: () => ACCEPTED,
        },
        agents: { ofProject: () => agents, isPresent: () => present },
      } as unknown as Control
      const shown = presentStatus(control, { id: 'p' } as Project, ACCEPTED + afterMs)
      const [process] = (shown as unknown as { processes: (typeof behind)[] }).processes
      assert.match(process.errorString, text)
      assert.equal(process.errorCode !== 0, process.errorString !== '')
      assert.equal('isReported' in process, false)
    })
  }
})
