import type { Duplex } from 'node:stream'
import type { CommandMessage, Engine, Reply } from '../engine.js'
import type { Session, SessionOrigin } from '../session.js'
import { checkMessage } from './check.js'
import { clusterTimeFields } from './cluster-time.js'
import { type Compressor, compressFrame, decompressFrame } from './compression.js'
import { withCompression } from './compression-offer.js'
import { isAwaitableHello, nextOfExhaust } from './exhaust.js'
import { FrameReader, MalformedMessage } from './frames.js'
import { OpCode, readHeader } from './header.js'
import { MsgFlag, readCommand, readFlags } from './op-msg.js'
import { commandOfQuery, encodeOpReply, readQuery } from './op-query.js'
import { encodeOpMsg, errorReply } from './reply.js'

/** Requests read ahead of the one being answered; beyond it the socket is not read. */
const READ_AHEAD_FRAMES = 16
const READ_AHEAD_BYTES = 1024 * 1024

export interface ConnectionOptions {
  /** Told of faults of the engine's own, which the client sees only as `InternalError`. Default: standard error. */
  readonly report?: (error: unknown) => void
}

/** A connection being served. */
export interface Connection {
  /** Answers what has been begun and then closes; what is only waiting is closed at once. */
  end(): void
  /** Closes now, whatever is under way. */
  destroy(): void
  readonly closed: Promise<void>
}

interface State {
  readonly engine: Engine
  readonly socket: Duplex
  readonly session: Session
  readonly options: ConnectionOptions
  readonly reader: FrameReader
  readonly queue: Buffer[]
  queuedBytes: number
  busy: boolean
  /** The command that the engine is running. */
  current: CommandMessage | undefined
  /** Nothing more is answered: the socket is gone or about to. */
  over: boolean
  ending: boolean
  nextRequestId: number
}

/**
 * Serves one client on a socket of any kind until either side closes it. Requests are
 * answered one after the other, in order; `origin` is what the session says of the peer.
 */
export function serveConnection(
  engine: Engine,
  socket: Duplex,
  origin: SessionOrigin,
  options: ConnectionOptions = {},
): Connection {
  const state: State = {
    engine,
    socket,
    session: engine.connect(origin),
    options,
    reader: new FrameReader(),
    queue: [],
    queuedBytes: 0,
    busy: false,
    current: undefined,
    over: false,
    ending: false,
    nextRequestId: 1,
  }
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      state.over = true
      engine.disconnect(state.session)
      resolve()
    })
  })
  socket.on('data', (chunk: Buffer) => receive(state, chunk))
  // A peer that is gone is no news; `close` follows.
  socket.on('error', () => {})
  return {
    closed,
    end() {
      state.ending = true
      if (!state.busy || isWaiting(state)) finish(state)
    },
    destroy: () => void socket.destroy(),
  }
}

function receive(state: State, chunk: Buffer): void {
  if (state.over) return
  try {
    for (const frame of state.reader.push(chunk)) {
      state.queue.push(frame)
      state.queuedBytes += frame.length
    }
  } catch (error) {
    return fail(state, error)
  }
  state.engine.network.physicalBytesIn += chunk.length
  if (isFull(state)) state.socket.pause()
  if (!state.busy && state.queue.length > 0) void answerQueue(state)
}

function isFull({ queue, queuedBytes }: State): boolean {
  return queue.length >= READ_AHEAD_FRAMES || queuedBytes >= READ_AHEAD_BYTES
}

function isWaiting({ current }: State): boolean {
  return current !== undefined && isAwaitableHello(current)
}

function finish(state: State): void {
  state.over = true
  state.socket.end()
}

/** A malformed message ends its connection and nothing else. Anything else here is a bug, but still only this connection's. */
function fail(state: State, error: unknown): void {
  state.over = true
  if (!(error instanceof MalformedMessage)) report(state, error)
  state.socket.destroy()
}

function report({ options }: State, error: unknown): void {
  if (options.report) options.report(error)
  else console.error(error)
}

async function answerQueue(state: State): Promise<void> {
  state.busy = true
  try {
    while (!state.over) {
      const frame = state.queue.shift()
      if (!frame) break
      state.queuedBytes -= frame.length
      if (state.socket.isPaused() && !isFull(state)) state.socket.resume()
      await answerFrame(state, frame)
      if (state.ending) finish(state)
    }
  } catch (error) {
    fail(state, error)
  }
  state.busy = false
}

async function answerFrame(state: State, frame: Buffer, compressor?: Compressor): Promise<void> {
  switch (readHeader(frame).opCode) {
    case OpCode.msg:
      countRequest(state, frame)
      return answerMsg(state, frame, compressor)
    case OpCode.query:
      countRequest(state, frame)
      return answerQuery(state, frame, compressor)
    case OpCode.compressed: {
      const content = await decompressFrame(frame)
      return answerFrame(state, content.frame, content.compressor)
    }
    default:
      throw new MalformedMessage(`unknown operation code ${readHeader(frame).opCode}`)
  }
}

function countRequest({ engine: { network } }: State, frame: Buffer): void {
  network.bytesIn += frame.length
  network.requests++
}

async function answerMsg(state: State, frame: Buffer, compressor?: Compressor): Promise<void> {
  const flags = readFlags(frame)
  let responseTo = readHeader(frame).requestId
  let message: CommandMessage | undefined
  try {
    message = readCommand(frame, flags)
    await checkMessage(message)
  } catch (error) {
    if (!(flags & MsgFlag.moreToCome))
      await sendMsg(state, responseTo, flags, replyOf(state, error), compressor)
    return
  }
  while (message && !state.over) {
    const { reply, next }: Answer = await runOne(state, message, flags)
    if (flags & MsgFlag.moreToCome) return
    const replyFlags = next ? flags | MsgFlag.moreToCome : flags
    responseTo = await sendMsg(state, responseTo, replyFlags, reply, compressor)
    message = next
  }
}

interface Answer {
  readonly reply: Reply
  /** What is answered next without being asked. */
  readonly next: CommandMessage | undefined
}

async function runOne(state: State, message: CommandMessage, flags: number): Promise<Answer> {
  state.current = message
  try {
    const reply = withCompression(message, await state.engine.run(state.session, message))
    const goesOn = flags & MsgFlag.exhaustAllowed && !state.ending
    return { reply, next: goesOn ? nextOfExhaust(message, reply) : undefined }
  } catch (error) {
    return { reply: replyOf(state, error), next: undefined }
  } finally {
    state.current = undefined
  }
}

function replyOf(state: State, error: unknown): Reply {
  return errorReply(error, (bug) => report(state, bug))
}

/** Sends a reply with those of the flags that a reply can have; resolves with its id when the socket can take more. */
async function sendMsg(
  state: State,
  responseTo: number,
  flags: number,
  reply: Reply,
  compressor: Compressor | undefined,
): Promise<number> {
  const requestId = nextId(state)
  const kept = flags & (MsgFlag.checksumPresent | MsgFlag.moreToCome)
  const time = state.engine.operationTime()
  const extra = time && clusterTimeFields(time)
  const frame = encodeOpMsg({ requestId, responseTo }, kept, reply, extra)
  state.engine.network.bytesOut += frame.length
  await send(state, compressor ? await compressFrame(frame, compressor) : frame)
  return requestId
}

async function answerQuery(state: State, frame: Buffer, compressor?: Compressor): Promise<void> {
  let reply: Reply
  let isCommand = true
  try {
    const legacy = readQuery(frame)
    isCommand = legacy.collection === '$cmd'
    await checkMessage({ body: legacy.query })
    reply = await state.engine.run(state.session, { body: commandOfQuery(legacy) })
  } catch (error) {
    if (error instanceof MalformedMessage) throw error
    reply = replyOf(state, error)
  }
  if (!isCommand) reply = { $err: reply.errmsg, ...reply }
  const responseTo = readHeader(frame).requestId
  const answer = encodeOpReply({ requestId: nextId(state), responseTo }, reply, !isCommand)
  state.engine.network.bytesOut += answer.length
  await send(state, compressor ? await compressFrame(answer, compressor) : answer)
}

function nextId(state: State): number {
  const id = state.nextRequestId
  state.nextRequestId = id === 0x7fffffff ? 1 : id + 1
  return id
}

/** Resolves when the peer has taken enough that more may be sent, or is gone. */
function send(state: State, frame: Buffer): undefined | Promise<void> {
  const { socket } = state
  if (state.over || socket.destroyed) return
  state.engine.network.physicalBytesOut += frame.length
  if (socket.write(frame)) return
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
