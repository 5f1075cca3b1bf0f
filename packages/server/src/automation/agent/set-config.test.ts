import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Goal, GoalMember, GoalProcess } from '../goal.js'
import { nextConfig, type SetConfig, type SetMember, wantedConfig } from './set-config.js'

/** As a server answers it, with what it has filled in. */
const filled = (host: string, _id: number, change: object = {}): SetMember => ({
  _id,
  host,
  arbiterOnly: false,
  buildIndexes: true,
  hidden: false,
  priority: 1,
  tags: {},
  secondaryDelaySecs: 0n,
  votes: 1,
  ...change,
})
const now = (members: readonly SetMember[], rest: object = {}): SetConfig => ({
  _id: 'rs',
  version: 3,
  term: 1,
  protocolVersion: 1n,
  members,
  ...rest,
})
const wanted = (members: readonly SetMember[], rest: object = {}): SetConfig => ({
  _id: 'rs',
  members,
  ...rest,
})

describe('the way from one configuration of a set to another', () => {
  const a = filled('a:1', 0)
  const b = filled('b:1', 1)
  const plain = [
    { _id: 0, host: 'a:1' },
    { _id: 1, host: 'b:1' },
  ]
  /** All configurations on the way. */
  function way(from: SetConfig, to: SetConfig): SetConfig[] {
    const steps: SetConfig[] = []
    for (let next = nextConfig(from, to); next; next = nextConfig(next, to)) {
      steps.push(next)
      assert.ok(steps.length < 20, 'it has no end')
    }
    return steps
  }
  const hostsOf = ({ members }: SetConfig) => members.map(({ host }) => host)

  test('what a server fills in by itself is no difference', () => {
    assert.equal(nextConfig(now([a, b]), wanted(plain)), undefined)
  })

  test('members come one by one, with ids that nobody had, and go one by one', () => {
    const to = wanted([
      { _id: 0, host: 'c:1' },
      { _id: 2, host: 'd:1' },
    ])
    const steps = way(now([a, b]), to)
    assert.deepEqual(steps.map(hostsOf), [
      ['a:1', 'b:1', 'c:1'],
      ['a:1', 'b:1', 'c:1', 'd:1'],
      ['b:1', 'c:1', 'd:1'],
      ['c:1', 'd:1'],
    ])
    assert.deepEqual(
      steps.map(({ version }) => version),
      [4, 5, 6, 7],
    )
    assert.deepEqual(
      steps.at(-1)?.members.map(({ _id }) => _id),
      [2, 3],
    )
    assert.equal(steps[0].protocolVersion, 1n)
  })

  test('votes change one by one, all else at once', () => {
    const c = filled('c:1', 2)
    const silent = { votes: 0, priority: 0 }
    const to = wanted([
      { _id: 0, host: 'a:1', priority: 5 },
      { _id: 1, host: 'b:1', ...silent },
      { _id: 2, host: 'c:1', ...silent, hidden: true },
    ])
    const steps = way(now([a, b, c]), to)
    const votes = steps.map(({ members }) => members.map((member) => member.votes ?? 1))
    assert.deepEqual(votes, [
      [1, 0, 1],
      [1, 0, 0],
      [1, 0, 0],
    ])
    assert.equal(steps[2].members[0].priority, 5)
    assert.equal(steps[2].members[2].hidden, true)
  })

  test('settings that are wanted, and none of the others', () => {
    const settings = { electionTimeoutMillis: 5000n, chainingAllowed: true }
    const from = now([a, b], { settings })
    assert.equal(
      nextConfig(from, wanted(plain, { settings: { electionTimeoutMillis: 5000 } })),
      undefined,
    )
    const next = nextConfig(from, wanted(plain, { settings: { electionTimeoutMillis: 7000 } }))
    assert.deepEqual(next?.settings, { electionTimeoutMillis: 7000, chainingAllowed: true })
  })

  test('a document names members by their processes', () => {
    const process = (name: string, port: number) =>
      ({ name, hostname: 'db.example.com', args2_6: { net: { port } } }) as unknown as GoalProcess
    const members: GoalMember[] = [
      { _id: 0, host: 'p', priority: 2 },
      { _id: 1, host: 'q', arbiterOnly: true },
      { _id: 2, host: 'p', slaveDelay: 60, priority: 0 },
    ]
    const goal = {
      version: 1,
      processes: [process('p', 1), process('q', 2)],
      replicaSets: [],
    } as Goal
    assert.deepEqual(wantedConfig(goal, { _id: 'rs', members, settings: {} }), {
      _id: 'rs',
      members: [
        { _id: 0, host: 'db.example.com:1', priority: 2 },
        { _id: 1, host: 'db.example.com:2', arbiterOnly: true },
        { _id: 2, host: 'db.example.com:1', priority: 0, secondaryDelaySecs: 60 },
      ],
    })
  })
})
