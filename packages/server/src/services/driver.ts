/**
 * One driver per way to have an instance: *embedded* in this process, *managed* as a
 * process that we start, *attached* by URI. Control never asks which one it holds.
 *
 * - `start` is idempotent: the same folder and specification give the same instance back,
 *   with its data, after a crash too. When it rejects, nothing is left running.
 * - What not every service can do is an optional member, so that its absence says so.
 */
import type { Socket } from 'node:net'
import type { Deployment } from './deployment.js'

export type Service = 'mongodb' | 'redis' | 'elasticsearch'
export type Mode = 'embedded' | 'managed' | 'attached'

/** What `start` is given beside the specification of the instance. */
export interface Place {
  /** A folder for this instance alone; the driver makes it when it needs one. */
  readonly folder: string
}

/** A service that runs. `stop` ends it in order and keeps its data. */
export interface RunningService {
  /** Rejects with what is wrong when the service does not answer. */
  health(): Promise<void>
  stop(): Promise<void>
}

/** Where a driver of a user connects from, whatever stands between. */
export interface Peer {
  /** An IP address without brackets. */
  readonly host: string
  readonly port: number
}

/** A driver of a user, while it is connected. */
export interface DriverConnection {
  /** Answers the command under way and then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
  readonly closed: Promise<void>
}

export interface RunningMongodb extends RunningService {
  /** Closed by `stop`. */
  readonly deployment: Deployment
  /** Bytes that the files take, with what is free in them; absent where they are out of reach. */
  fileSize?(): Promise<number>
  /** Serves a driver on a socket, plain or TLS, until either side closes it. */
  accept(socket: Socket, peer: Peer): DriverConnection
}

export interface ServiceDriver<Spec, Running extends RunningService> {
  readonly service: Service
  readonly mode: Mode
  start(spec: Spec, place: Place): Promise<Running>
}
