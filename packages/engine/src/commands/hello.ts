import { type ArgsOf, arg, optional } from './args.js'
import { rememberClient } from './client-metadata.js'
import { type CommandContext, command } from './command.js'
import { helloReply } from './hello-reply.js'
import { speculativeLogin, supportedMechanismsOf } from './sasl.js'
import { awaitTopologyChange } from './topology.js'

const handshakeArgs = {
  helloOk: optional(arg.bool),
  client: optional(arg.document),
  compression: optional(arg.array),
  saslSupportedMechs: optional(arg.string),
  speculativeAuthenticate: optional(arg.document),
  topologyVersion: optional(arg.document),
  maxAwaitTimeMS: optional(arg.count),
  hostInfo: optional(arg.any),
  internalClient: optional(arg.any),
  loadBalanced: optional(arg.bool),
  backpressure: optional(arg.any),
} as const

/** Who this server is. With a topology version the answer waits until there is something new to say, or the time is over. */
export const hello = command({
  name: 'hello',
  help: 'Who this server is',
  access: 'anyone',
  args: { hello: arg.any, ...handshakeArgs },
  run: (context, args) => answer(context, args, 'isWritablePrimary'),
})

/** The former name of `hello`. */
export const isMaster = command({
  name: 'isMaster',
  aliases: ['ismaster'],
  help: 'Who this server is; the former name of hello',
  access: 'anyone',
  args: { isMaster: arg.any, ...handshakeArgs },
  run: (context, args) => answer(context, args, 'ismaster'),
})

async function answer(
  context: CommandContext,
  args: ArgsOf<typeof handshakeArgs>,
  primaryField: 'isWritablePrimary' | 'ismaster',
) {
  rememberClient(context.session, args.client)
  await awaitTopologyChange(context, args)
  const { saslSupportedMechs, speculativeAuthenticate } = args
  return {
    ...(args.helloOk && { helloOk: true }),
    ...helloReply(context, primaryField),
    ...(saslSupportedMechs !== undefined && {
      saslSupportedMechs: await supportedMechanismsOf(context, saslSupportedMechs),
    }),
    ...(speculativeAuthenticate && {
      speculativeAuthenticate: await speculativeLogin(context, speculativeAuthenticate),
    }),
  }
}
