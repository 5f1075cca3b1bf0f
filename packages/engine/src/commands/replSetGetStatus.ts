import { DateTime } from '@gantry/bson'
import { arg, optional } from './args.js'
import { command } from './command.js'
import { ELECTION_TERM } from './server-identity.js'

const PRIMARY = 1

/** The state of the replica set: its only member is the primary, from the start on. */
export const replSetGetStatus = command({
  name: 'replSetGetStatus',
  adminOnly: true,
  help: 'The state of the replica set of one member',
  access: { action: 'replSetGetStatus', on: 'cluster' },
  args: { replSetGetStatus: arg.any, initialSync: optional(arg.any) },
  run({ identity, session, now }) {
    const started = DateTime.fromMs(identity.startedMs)
    return {
      set: identity.setName,
      date: DateTime.fromMs(now()),
      myState: PRIMARY,
      term: BigInt(ELECTION_TERM),
      syncSourceHost: '',
      syncSourceId: -1,
      heartbeatIntervalMillis: 2000n,
      majorityVoteCount: 1,
      writeMajorityCount: 1,
      votingMembersCount: 1,
      writableVotingMembersCount: 1,
      electionCandidateMetrics: {
        lastElectionReason: 'electionTimeout',
        lastElectionDate: started,
        electionTerm: BigInt(ELECTION_TERM),
      },
      members: [
        {
          _id: 0,
          name: session.serverAddress ?? '',
          health: 1,
          state: PRIMARY,
          stateStr: 'PRIMARY',
          uptime: Math.floor((now() - identity.startedMs) / 1000),
          electionDate: started,
          configVersion: 1,
          configTerm: ELECTION_TERM,
          self: true,
        },
      ],
    }
  },
})
