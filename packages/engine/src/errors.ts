/** MongoDB's error codes by name (its `error_codes.yml`), as far as the engine answers them. */
export const errorCodes = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  GraphContainsCycle: 5,
  HostUnreachable: 6,
  HostNotFound: 7,
  UnknownError: 8,
  FailedToParse: 9,
  CannotMutateObject: 10,
  UserNotFound: 11,
  UnsupportedFormat: 12,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  ProtocolError: 17,
  AuthenticationFailed: 18,
  CannotReuseObject: 19,
  IllegalOperation: 20,
  EmptyArrayOperation: 21,
  InvalidBSON: 22,
  AlreadyInitialized: 23,
  LockTimeout: 24,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  NonExistentPath: 29,
  InvalidPath: 30,
  RoleNotFound: 31,
  RolesNotRelated: 32,
  PrivilegeNotFound: 33,
  CannotBackfillArray: 34,
  UserModificationFailed: 35,
  ConflictingUpdateOperators: 40,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  InvalidDBRef: 55,
  EmptyFieldName: 56,
  DottedFieldName: 57,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexAlreadyExists: 68,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  NetworkTimeout: 89,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  InvalidIndexSpecificationOption: 197,
  OperationFailed: 96,
  DocumentTooLargeForCapped: 10003,
  WriteConflict: 112,
  CommandNotSupported: 115,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  CursorNotFound: 43,
  CursorKilled: 237,
  IndexBuildAborted: 276,
  CursorInUse: 12051,
  DurationOverflow: 159,
  CappedPositionLost: 136,
  DocumentValidationFailure: 121,
  ExceededMemoryLimit: 146,
  DatabaseDifferCase: 13297,
  QueryPlanKilled: 175,
  InterruptedAtShutdown: 11600,
  Interrupted: 11601,
  NoSuchTransaction: 251,
  QueryFeatureNotAllowed: 224,
  TransactionCommitted: 256,
  TransactionTooLarge: 257,
  OperationNotSupportedInTransaction: 263,
  TooManyLogicalSessions: 261,
  TransactionTooOld: 225,
  AtomicityFailure: 227,
  ConversionFailure: 241,
  NotImplemented: 238,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  OutOfDiskSpace: 14031,
  InvalidResumeToken: 260,
  ChangeStreamFatalError: 280,
  ChangeStreamHistoryLost: 286,
  InvalidPipelineOperator: 168,
  CommandNotSupportedOnView: 166,
  OptionNotSupportedOnView: 167,
  ViewDepthLimitExceeded: 165,
  InvalidViewDefinition: 182,
  AmbiguousIndexKeyPattern: 181,
  ViewPipelineMaxSizeExceeded: 195,
  CannotConvertIndexToUnique: 359,
  CollectionUUIDMismatch: 361,
  CommandFailed: 125,
  BackgroundOperationInProgressForNamespace: 12587,
  ObjectIsBusy: 314,
  UnsupportedOpQueryCommand: 352,
  NotYetInitialized: 94,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  DuplicateKeyId: 11001,
  JSInterpreterFailure: 139,
  InvalidUUID: 207,
  MechanismUnavailable: 334,
  APIVersionError: 322,
  APIStrictError: 323,
  InvalidIndexSpecification: 353,
  UnknownFieldIDL: 40415,
  MissingFieldIDL: 40414,
  DuplicateFieldIDL: 40413,
  InvalidRoleModification: 36,
  ZeroOrNegativePort: 40352,
  StaleConfig: 13388,
  ConflictingOperationInProgress: 117,
  UnsatisfiableWriteConcern: 100,
  SnapshotTooOld: 239,
  SearchNotEnabled: 31082,
  SnapshotUnavailable: 246,
  UnknownReplWriteConcern: 79,
  NotARetryableWriteCommand: 50768,
  NoMatchingDocument: 47,
  NotWritablePrimary: 10107,
  ClientMetadataDocumentTooLarge: 185,
  ClientMetadataCannotBeMutated: 186,
} as const

export type ErrorCodeName = keyof typeof errorCodes

/** Further fields of an error document, such as `keyPattern` of a duplicate key. */
export type ErrorDetails = Readonly<Record<string, unknown>>

/** A failure that the caller is told about with MongoDB's code and name. Everything else thrown is a bug. */
export class CommandError extends Error {
  readonly code: number
  readonly codeName: string

  /** The code may also be a number of its own, as many of MongoDB's parse errors have (their name is `LocationN`). */
  constructor(
    code: ErrorCodeName | number,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message)
    this.name = 'CommandError'
    this.code = typeof code === 'number' ? code : errorCodes[code]
    this.codeName = typeof code === 'number' ? nameOfCode(code) : code
  }
}

const namesByCode = new Map<number, string>(
  Object.entries(errorCodes).map(([name, code]) => [code, name]),
)

/** The name of a code; codes without one are called `LocationN`, as MongoDB does. */
export function nameOfCode(code: number): string {
  return namesByCode.get(code) ?? `Location${code}`
}
