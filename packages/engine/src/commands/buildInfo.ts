import { arg } from './args.js'
import { command } from './command.js'
import { MAX_BSON_OBJECT_SIZE } from './hello-reply.js'
import { SERVER_VERSION } from './server-identity.js'

/** The version of MongoDB that this server behaves as, and what it is made with. */
export const buildInfo = command({
  name: 'buildInfo',
  aliases: ['buildinfo'],
  help: 'The version of the server',
  access: 'anyone',
  args: { buildInfo: arg.any },
  run: () => ({
    version: SERVER_VERSION,
    gitVersion: 'gantry',
    modules: [],
    allocator: 'system',
    javascriptEngine: 'none',
    sysInfo: 'deprecated',
    versionArray: [...SERVER_VERSION.split('.').map(Number), 0],
    openssl: { running: process.versions.openssl, compiled: process.versions.openssl },
    buildEnvironment: { target_arch: process.arch, target_os: process.platform },
    bits: 64,
    debug: false,
    maxBsonObjectSize: MAX_BSON_OBJECT_SIZE,
    storageEngines: ['lmdb'],
  }),
})
