import type { ConfigValue, SettingType } from './config-values.js'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Everything that can be configured, checked and frozen. */
export interface Config {
  readonly host: string
  readonly port: number
  /** Of the default instance; undefined: the one it had, or MongoDB's own if it can be had. */
  readonly mongoPort: number | undefined
  /** Undefined: no TLS listener. */
  readonly tlsPort: number | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly dataDir: string
  /** URI of the state database; undefined: embedded, in the data directory. */
  readonly state: string | undefined
  /** Where other servers that share the state reach this one; undefined: at its own address. */
  readonly peerUrl: string | undefined
  /** Programs that managed MongoDB instances run; undefined: those of the PATH. */
  readonly mongod: string | undefined
  readonly mongos: string | undefined
  /** For whom the server itself runs the processes of goal documents that name its machine. */
  readonly automation: 'off' | 'owners' | 'all'
  /** Further names of this machine in goal documents, with commas between. */
  readonly agentHostnames: string | undefined
  readonly logLevel: LogLevel
  readonly requestTimeoutMs: number
  /** Addresses with commas between; undefined: none. */
  readonly trustedProxies: string | undefined
  /** Documents that one v1 `get` may answer; 0 is no limit. */
  readonly resultLimit: number
  /** From one sample of an instance to the next; 0: none is taken. */
  readonly metricsIntervalMs: number
  /** From one evaluation of what projects alert on to the next; 0: there are none. */
  readonly alertIntervalMs: number
  /** Who may read `/metrics`; undefined: this machine alone. */
  readonly metricsToken: string | undefined
  /** Requests of API v2 that one account may make within a second. */
  readonly rateLimit: number
  /** Whether instances that have used up their plan are refused writes. */
  readonly quotas: 'refuse' | 'report'
  readonly tokenLifetimeMs: number
  /** File with what can be ordered; undefined: the default. */
  readonly catalog: string | undefined
  /** What links of the Public API begin with; undefined: where the request went. */
  readonly publicUrl: string | undefined
  readonly publicPlainHttp: 'refuse' | 'allow'
  readonly publicDigest: 'md5' | 'md5+sha-256'
  readonly publicNonceLifetimeMs: number
  /** Calls to one project within a minute; 0 is no limit. */
  readonly publicRateLimit: number
  readonly publicAccessLists: 'require' | 'optional'
  readonly publicKeysCreateOrgs: 'no' | 'yes'
  /** Where mails are handed in, password included; undefined: none are sent. */
  readonly smtpUrl: string | undefined
  /** Undefined: an address at this machine's name. */
  readonly mailFrom: string | undefined
  /** Whose webhooks may lead to addresses that are not public. */
  readonly webhookTargets: 'any' | 'owners' | 'public'
  readonly slackUrl: string
  readonly pagerDutyUrl: string
  /** Whether each instance is backed up once a day, unless it is told otherwise. */
  readonly backups: 'daily' | 'off'
  readonly backupKeepDays: number
  /** Of the last backup of an instance that is deleted; 0: there is none. */
  readonly finalBackupDays: number
  /** How long events are kept; 0: for ever. */
  readonly eventKeepDays: number
  /** A folder; undefined: `backups` in the data directory. */
  readonly backupDir: string | undefined
  /** Where new backups go instead; undefined: into the folder. */
  readonly backupS3Bucket: string | undefined
  /** Undefined: that of AWS. */
  readonly backupS3Endpoint: string | undefined
  readonly backupS3Region: string
  readonly backupS3Prefix: string | undefined
  readonly backupS3AccessKey: string | undefined
  readonly backupS3SecretKey: string | undefined
  /** Undefined: one that the PATH has. */
  readonly redisServer: string | undefined
  /** Folder of an unpacked Elasticsearch or OpenSearch; undefined: none. */
  readonly elasticsearchHome: string | undefined
  /** Java heap of each node that we start, in MiB. */
  readonly elasticsearchHeapMb: number
}

/** A row of `settings`. */
export interface Setting {
  /** The flag without its dashes; also the key in a file and, in capitals behind `GANTRY_`, the variable. */
  readonly name: string
  readonly key: keyof Config
  /** Further variables, in use elsewhere for the same; those of ours go first. */
  readonly variables?: readonly string[]
  readonly type: SettingType
  readonly default: ConfigValue
  readonly help: string
  /** Its value is never shown: not in help, not in a log, not in a message. */
  readonly secret?: boolean
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One row per setting; flags, environment names, file keys and the help text come from it. */
export const settings: readonly Setting[] = [
  {
    name: 'host',
    key: 'host',
    type: { kind: 'text', placeholder: 'ADDRESS' },
    default: '127.0.0.1',
    help: 'address that all listeners listen on',
  },
  {
    name: 'port',
    key: 'port',
    type: { kind: 'port' },
    default: 8080,
    help: 'port of the HTTP APIs; 0 takes any free one',
  },
  {
    name: 'mongo-port',
    key: 'mongoPort',
    type: { kind: 'port' },
    default: undefined,
    help: 'port of the instance "default" for MongoDB drivers, which it keeps; 0 takes any free one; when not given, 27017, or any free one when that is taken',
  },
  {
    name: 'tls-port',
    key: 'tlsPort',
    type: { kind: 'port' },
    default: undefined,
    help: 'port of the HTTP APIs over TLS; 0 takes any free one; turns TLS on for MongoDB drivers too, 10000 above their port',
  },
  {
    name: 'tls-cert',
    key: 'tlsCert',
    type: { kind: 'text', placeholder: 'FILE' },
    default: undefined,
    help: 'certificate chain for TLS (PEM); self-signed when not given',
  },
  {
    name: 'tls-key',
    key: 'tlsKey',
    type: { kind: 'text', placeholder: 'FILE' },
    default: undefined,
    help: 'private key of the certificate (PEM)',
  },
  {
    name: 'data-dir',
    key: 'dataDir',
    type: { kind: 'text', placeholder: 'FOLDER' },
    default: './gantry-data',
    help: 'folder that holds everything the server keeps',
  },
  {
    name: 'state',
    key: 'state',
    type: { kind: 'text', placeholder: 'URI' },
    default: undefined,
    help: "MongoDB that holds the server's own state; embedded when not given",
    secret: true,
  },
  {
    name: 'peer-url',
    key: 'peerUrl',
    type: { kind: 'url', placeholder: 'URL' },
    default: undefined,
    help: 'where other servers with the same state reach the HTTP APIs of this one; its own address when not given',
  },
  {
    name: 'mongod',
    key: 'mongod',
    type: { kind: 'text', placeholder: 'FILE' },
    default: undefined,
    help: 'program of MongoDB for instances that are managed here; mongod of the PATH when not given',
  },
  {
    name: 'mongos',
    key: 'mongos',
    type: { kind: 'text', placeholder: 'FILE' },
    default: undefined,
    help: 'program that routes for sharded instances that are managed here; mongos of the PATH when not given',
  },
  {
    name: 'automation',
    key: 'automation',
    type: { kind: 'choice', placeholder: 'WHO', values: ['off', 'owners', 'all'] },
    default: 'owners',
    help: "whose processes of goal documents this server runs on its own machine: nobody's; those of organizations with an owner who holds GLOBAL_OWNER or GLOBAL_AUTOMATION_ADMIN; everybody's (docs/automation.md)",
  },
  {
    name: 'agent-hostname',
    key: 'agentHostnames',
    type: { kind: 'text', placeholder: 'NAMES' },
    default: undefined,
    help: 'further names of this machine in goal documents, with commas between',
  },
  {
    name: 'trusted-proxies',
    key: 'trustedProxies',
    type: { kind: 'addresses', placeholder: 'ADDRESSES' },
    default: undefined,
    help: 'who is believed when saying for whom they connect: with X-Forwarded-For to the HTTP APIs, in PROXY protocol version 2 to the ports for MongoDB drivers; addresses and blocks (10.0.0.0/8), with commas between',
  },
  {
    name: 'log-level',
    key: 'logLevel',
    type: { kind: 'choice', placeholder: 'LEVEL', values: logLevels },
    default: 'info',
    help: `least severity that is logged: ${logLevels.join(', ')}`,
  },
  {
    name: 'request-timeout',
    key: 'requestTimeoutMs',
    type: { kind: 'seconds', least: 1, most: 3600 },
    default: 120_000,
    help: 'seconds within which a request must have arrived whole',
  },
  {
    name: 'result-limit',
    key: 'resultLimit',
    type: { kind: 'count' },
    default: 0,
    help: 'documents that one get of API v1 may answer; more is an error; 0 is no limit',
  },
  {
    name: 'metrics-interval',
    key: 'metricsIntervalMs',
    type: { kind: 'seconds', least: 0, most: 3600 },
    default: 10_000,
    help: 'seconds from one sample of what an instance does to the next, 10 or more; 0 takes none',
  },
  {
    name: 'alert-interval',
    key: 'alertIntervalMs',
    type: { kind: 'seconds', least: 0, most: 3600 },
    default: 10_000,
    help: 'seconds from one look at what groups alert on to the next; 0 looks for nothing',
  },
  {
    name: 'metrics-token',
    key: 'metricsToken',
    type: { kind: 'text', placeholder: 'TOKEN' },
    default: undefined,
    help: 'what readers of /metrics must send as a bearer token; when not given, only this machine may read it',
    secret: true,
  },
  {
    name: 'rate-limit',
    key: 'rateLimit',
    type: { kind: 'count' },
    default: 100,
    help: 'requests of API v2 that one account may make within a second',
  },
  {
    name: 'quotas',
    key: 'quotas',
    type: { kind: 'choice', placeholder: 'WHAT', values: ['refuse', 'report'] },
    default: 'refuse',
    help: "whether instances that have used up their plan are refused writes, or this is only reported; the first start's is never refused any",
  },
  {
    name: 'token-lifetime',
    key: 'tokenLifetimeMs',
    type: { kind: 'seconds', least: 1, most: 31_536_000 },
    default: 86_400_000,
    help: 'seconds for which a token of API v2 is valid',
  },
  {
    name: 'catalog',
    key: 'catalog',
    type: { kind: 'text', placeholder: 'FILE' },
    default: undefined,
    help: 'JSON file with the services, versions, zones and plans that can be ordered (docs/api-v2.md)',
  },
  {
    name: 'public-url',
    key: 'publicUrl',
    type: { kind: 'text', placeholder: 'URL' },
    default: undefined,
    help: 'where clients of the Public API reach this server, as links in its answers say; the host that a request was sent to when not given',
  },
  {
    name: 'public-plain-http',
    key: 'publicPlainHttp',
    type: { kind: 'choice', placeholder: 'WHETHER', values: ['refuse', 'allow'] },
    default: 'refuse',
    help: 'what becomes of calls of the Public API from other machines over plain HTTP, unless a trusted proxy says X-Forwarded-Proto: https: refuse, allow',
  },
  {
    name: 'public-digest',
    key: 'publicDigest',
    type: { kind: 'choice', placeholder: 'ALGORITHMS', values: ['md5', 'md5+sha-256'] },
    default: 'md5',
    help: 'algorithms that the Public API offers for HTTP Digest: md5, md5+sha-256',
  },
  {
    name: 'public-nonce-lifetime',
    key: 'publicNonceLifetimeMs',
    type: { kind: 'seconds', least: 1, most: 86_400 },
    default: 300_000,
    help: 'seconds that a nonce of HTTP Digest is good for',
  },
  {
    name: 'public-rate-limit',
    key: 'publicRateLimit',
    type: { kind: 'count' },
    default: 100,
    help: 'calls of the Public API to one project within a minute; 0 is no limit',
  },
  {
    name: 'public-access-lists',
    key: 'publicAccessLists',
    type: { kind: 'choice', placeholder: 'WHETHER', values: ['require', 'optional'] },
    default: 'require',
    help: 'whether calls of the Public API that change backups or access lists need a key with an access list: require, optional',
  },
  {
    name: 'public-keys-create-orgs',
    key: 'publicKeysCreateOrgs',
    type: { kind: 'choice', placeholder: 'WHETHER', values: ['no', 'yes'] },
    default: 'no',
    help: 'whether programmatic keys of the Public API that own everything may make organizations, as users may: no, yes',
  },
  {
    name: 'smtp-url',
    key: 'smtpUrl',
    type: { kind: 'mail server', placeholder: 'URL' },
    default: undefined,
    help: 'server that takes mails about alerts, such as smtps://user:password@smtp.example.com; better given as a variable or in a file, as other users see options; no mails when not given',
    secret: true,
  },
  {
    name: 'mail-from',
    key: 'mailFrom',
    type: { kind: 'mailbox', placeholder: 'ADDRESS' },
    default: undefined,
    help: "sender of mails, such as 'Gantry <gantry@example.com>'; gantry at this machine's name when not given",
  },
  {
    name: 'webhook-targets',
    key: 'webhookTargets',
    type: { kind: 'choice', placeholder: 'WHOSE', values: ['any', 'owners', 'public'] },
    default: 'owners',
    help: "whose webhooks may lead to addresses of this machine and its network, rather than to public ones alone: any project's (any), those of projects whose organization has an owner who owns this server (owners), nobody's (public)",
  },
  {
    name: 'slack-url',
    key: 'slackUrl',
    type: { kind: 'url', placeholder: 'URL' },
    default: 'https://slack.com/api/chat.postMessage',
    help: 'where messages for Slack are handed in',
  },
  {
    name: 'pager-duty-url',
    key: 'pagerDutyUrl',
    type: { kind: 'url', placeholder: 'URL' },
    default: 'https://events.pagerduty.com/v2/enqueue',
    help: 'where events for PagerDuty are handed in; https://events.eu.pagerduty.com/v2/enqueue in its European region',
  },
  {
    name: 'redis-server',
    key: 'redisServer',
    type: { kind: 'text', placeholder: 'FILE' },
    default: undefined,
    help: 'program of managed Redis instances, 6.2 or newer; redis-server or valkey-server of the PATH when not given',
  },
  {
    name: 'elasticsearch-home',
    key: 'elasticsearchHome',
    variables: ['ES_HOME', 'OPENSEARCH_HOME'],
    type: { kind: 'text', placeholder: 'FOLDER' },
    default: undefined,
    help: 'folder of an unpacked Elasticsearch or OpenSearch, for instances that are managed here',
  },
  {
    name: 'elasticsearch-heap',
    key: 'elasticsearchHeapMb',
    type: { kind: 'count' },
    default: 512,
    help: 'memory in MiB for the Java heap of each node of a managed Elasticsearch',
  },
  {
    name: 'backups',
    key: 'backups',
    type: { kind: 'choice', placeholder: 'WHEN', values: ['daily', 'off'] },
    default: 'daily',
    help: 'when instances are backed up that have no schedule of their own: daily or off',
  },
  {
    name: 'backup-keep-days',
    key: 'backupKeepDays',
    type: { kind: 'count' },
    default: 7,
    help: 'days that backups made on a schedule are kept; the latest of an instance stays in any case',
  },
  {
    name: 'event-keep-days',
    key: 'eventKeepDays',
    type: { kind: 'count' },
    default: 365,
    help: 'days that events, the audit log, are kept; 0 keeps them for ever',
  },
  {
    name: 'final-backup-days',
    key: 'finalBackupDays',
    type: { kind: 'count' },
    default: 7,
    help: 'days that the last backup of a deleted instance is kept; 0 makes none',
  },
  {
    name: 'backup-dir',
    key: 'backupDir',
    type: { kind: 'text', placeholder: 'FOLDER' },
    default: undefined,
    help: 'folder that backups are kept in; when not given, "backups" in the data directory',
  },
  {
    name: 'backup-s3-bucket',
    key: 'backupS3Bucket',
    type: { kind: 'text', placeholder: 'BUCKET' },
    default: undefined,
    help: 'bucket of an S3-compatible store that new backups are kept in, instead of the folder',
  },
  {
    name: 'backup-s3-endpoint',
    key: 'backupS3Endpoint',
    type: { kind: 'url', placeholder: 'URL' },
    default: undefined,
    help: 'where that store is; AWS when not given',
  },
  {
    name: 'backup-s3-region',
    key: 'backupS3Region',
    type: { kind: 'text', placeholder: 'REGION' },
    default: 'us-east-1',
    help: 'region of the bucket, which requests are signed for',
  },
  {
    name: 'backup-s3-prefix',
    key: 'backupS3Prefix',
    type: { kind: 'prefix', placeholder: 'PREFIX' },
    default: undefined,
    help: 'what the keys of all objects begin with, such as gantry/production',
  },
  {
    name: 'backup-s3-access-key',
    key: 'backupS3AccessKey',
    type: { kind: 'text', placeholder: 'KEY' },
    default: undefined,
    help: 'id of the access key to the bucket; better given as a variable or in a file, as other users see options',
    secret: true,
  },
  {
    name: 'backup-s3-secret-key',
    key: 'backupS3SecretKey',
    type: { kind: 'text', placeholder: 'KEY' },
    default: undefined,
    help: 'secret of the access key to the bucket; better given as a variable or in a file, as other users see options',
    secret: true,
  },
]
