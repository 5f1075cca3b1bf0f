import { arg, optional } from './args.js'
import { command } from './command.js'
import { ELECTION_TERM } from './server-identity.js'

/** The configuration of the replica set: one member, this server. */
export const replSetGetConfig = command({
  name: 'replSetGetConfig',
  adminOnly: true,
  help: 'The configuration of the replica set of one member',
  access: { action: 'replSetGetConfig', on: 'cluster' },
  args: { replSetGetConfig: arg.any, commitmentStatus: optional(arg.bool) },
  run: ({ identity, session }, { commitmentStatus }) => ({
    config: {
      _id: identity.setName,
      version: 1,
      term: ELECTION_TERM,
      members: [
        {
          _id: 0,
          host: session.serverAddress ?? '',
          arbiterOnly: false,
          buildIndexes: true,
          hidden: false,
          priority: 1,
          tags: {},
          secondaryDelaySecs: 0n,
          votes: 1,
        },
      ],
      protocolVersion: 1n,
      writeConcernMajorityJournalDefault: true,
      settings: {},
    },
    ...(commitmentStatus && { commitmentStatus: true }),
  }),
})
