import { AppError } from '../../errors.js'

/** Why an agent is stuck, as `automationStatus` shows it. */
export interface Failure {
  /** Never 0. */
  readonly errorCode: number
  readonly errorString: string
}

/** The codes that processes are reported with; documented in docs/automation.md. */
export const failureCodes = {
  /** A bug, or a fault of the machine. */
  other: 1,
  /** The document asks for what cannot be. */
  invalid: 2,
  /** The program that there is cannot do it. */
  unsupported: 3,
  /** A program, a port or another process is not there. */
  unavailable: 4,
  /** The server refused. */
  database: 5,
  /** This agent may not work for the project. */
  forbidden: 6,
  /** What is waited for does not come. */
  waiting: 7,
} as const

const LONGEST = 2000

/** What is told of an error. */
export function failureOf(error: unknown): Failure {
  const kind = error instanceof AppError ? error.kind : 'other'
  const code = kind in failureCodes ? failureCodes[kind as keyof typeof failureCodes] : 1
  const text = error instanceof Error ? error.message : String(error)
  return { errorCode: code, errorString: text.slice(0, LONGEST) }
}

/** Of one that nothing is to be done for. */
export const forbiddenFailure = (errorString: string): Failure => ({
  errorCode: failureCodes.forbidden,
  errorString,
})

/** Of one that has waited for long. */
export const waitingFailure = (what: string): Failure => ({
  errorCode: failureCodes.waiting,
  errorString: `waits: ${what}`.slice(0, LONGEST),
})
