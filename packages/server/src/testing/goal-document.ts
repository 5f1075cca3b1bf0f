import type { Goal, GoalProcess, JsonObject } from '../automation/goal.js'

/** A process as the Public API's reference has it; `changes` take the place of its fields. */
export function processDocument(changes: Partial<GoalProcess> = {}): GoalProcess {
  return {
    args2_6: {
      net: { port: 27017 },
      replication: { replSetName: 'rs0' },
      storage: { dbPath: '/data/rs0_0' },
      systemLog: { destination: 'file', path: '/data/rs0_0/mongodb.log' },
    },
    authSchemaVersion: 5,
    featureCompatibilityVersion: '7.0',
    hostname: 'db0.example.com',
    name: 'rs0_0',
    processType: 'mongod',
    version: '7.0.14',
    ...changes,
  }
}

/** A process of its own, in no set: `n` tells it from others. */
export function standaloneDocument(n: number, changes: Partial<GoalProcess> = {}): GoalProcess {
  return processDocument({
    name: `single_${n}`,
    args2_6: {
      net: { port: 28_000 + n },
      storage: { dbPath: `/data/single_${n}` },
      systemLog: { destination: 'file', path: `/data/single_${n}/mongodb.log` },
    },
    ...changes,
  })
}

/** The smallest useful document, as clients send it. */
export function smallestDocument(): Goal & JsonObject {
  return {
    auth: {
      authoritativeSet: false,
      autoAuthMechanism: 'MONGODB-CR',
      autoAuthRestrictions: [],
      disabled: true,
      usersDeleted: [],
      usersWanted: [],
    },
    options: { downloadBase: '/var/lib/automation' },
    processes: [processDocument()],
    replicaSets: [
      {
        _id: 'rs0',
        members: [
          {
            _id: 0,
            arbiterOnly: false,
            buildIndexes: true,
            hidden: false,
            host: 'rs0_0',
            priority: 1,
            votes: 1,
          },
        ],
        protocolVersion: '1',
      },
    ],
    sharding: [],
    version: 1,
  } as unknown as Goal & JsonObject
}

/** The `auth` of a document whose processes want a login, and whose agents have this one. */
export function agentsLogin({ name, password }: { name: string; password: string }): JsonObject {
  return {
    ...(smallestDocument().auth as unknown as JsonObject),
    disabled: false,
    autoUser: name,
    autoPwd: password,
    autoAuthMechanism: 'SCRAM-SHA-256',
    keyfile: '/data/keyfile',
    keyfileWindows: 'C:\\keyfile',
    key: 'a key',
  }
}

/** A document with these processes and nothing else. */
export function documentOf(...processes: readonly GoalProcess[]): JsonObject {
  return { processes, replicaSets: [] } as unknown as JsonObject
}
