/** What can be set of an engine that is a process of its own, under the names that MongoDB has for it. */

export interface Setting {
  /** As an option of the command line; undefined: a configuration file only. */
  readonly name?: string
  /** Where it stands in a configuration file; undefined: it may not. */
  readonly path?: string
  /** Stands for the value in help; missing: a switch. */
  readonly value?: string
  readonly help?: string
  /** What it may be in a configuration file. Default: a text. */
  readonly kind?: 'text' | 'count' | 'flag' | readonly string[]
}

const PEM = 'certificate and private key of the server, in one file'

/** `net.ssl` is what `net.tls` was called before. */
export const settings: readonly Setting[] = [
  {
    name: 'port',
    path: 'net.port',
    value: 'PORT',
    kind: 'count',
    help: 'port for drivers, default 27017',
  },
  {
    name: 'bind_ip',
    path: 'net.bindIp',
    value: 'ADDRESSES',
    help: 'addresses to listen on, with commas between, default 127.0.0.1',
  },
  {
    name: 'bind_ip_all',
    path: 'net.bindIpAll',
    kind: 'flag',
    help: 'listen on all IPv4 addresses, and with --ipv6 on all',
  },
  { name: 'ipv6', path: 'net.ipv6', kind: 'flag', help: 'see --bind_ip_all' },
  {
    name: 'maxConns',
    path: 'net.maxIncomingConnections',
    value: 'COUNT',
    kind: 'count',
    help: 'connections at a time; further ones are closed',
  },
  {
    name: 'tlsMode',
    path: 'net.tls.mode',
    value: 'MODE',
    kind: ['disabled', 'allowTLS', 'preferTLS', 'requireTLS'],
    help: 'disabled, allowTLS, preferTLS or requireTLS; the two in the middle take both TLS and plain',
  },
  { name: 'tlsCertificateKeyFile', path: 'net.tls.certificateKeyFile', value: 'FILE', help: PEM },
  { path: 'net.tls.certificateKeyFilePassword' },
  {
    name: 'tlsCAFile',
    path: 'net.tls.CAFile',
    value: 'FILE',
    help: 'certificates of those who sign the certificates of clients, which must then have one',
  },
  {
    name: 'tlsAllowConnectionsWithoutCertificates',
    path: 'net.tls.allowConnectionsWithoutCertificates',
    kind: 'flag',
    help: 'clients may have a certificate, but need not',
  },
  { path: 'net.ssl.mode', kind: ['disabled', 'allowSSL', 'preferSSL', 'requireSSL'] },
  { path: 'net.ssl.PEMKeyFile' },
  { path: 'net.ssl.PEMKeyPassword' },
  { path: 'net.ssl.CAFile' },
  { path: 'net.ssl.allowConnectionsWithoutCertificates', kind: 'flag' },
  {
    name: 'dbpath',
    path: 'storage.dbPath',
    value: 'FOLDER',
    help: 'folder of the data, default /data/db',
  },
  {
    name: 'replSet',
    path: 'replication.replSetName',
    value: 'NAME',
    help: 'name of the replica set whose only member it is, default gantry',
  },
  {
    name: 'auth',
    path: 'security.authorization',
    kind: ['enabled', 'disabled'],
    help: 'demand credentials, which is the default',
  },
  { name: 'noauth', help: 'demand no credentials: everybody may do everything' },
  {
    name: 'keyFile',
    path: 'security.keyFile',
    value: 'FILE',
    help: 'as --auth; the key itself is for other members, of which there are none',
  },
  {
    name: 'logpath',
    path: 'systemLog.path',
    value: 'FILE',
    help: 'log to a file, which logRotate and SIGUSR1 put aside',
  },
  {
    name: 'logappend',
    path: 'systemLog.logAppend',
    kind: 'flag',
    help: 'add to the log file, which is the default',
  },
  {
    name: 'logRotate',
    path: 'systemLog.logRotate',
    value: 'HOW',
    kind: ['rename', 'reopen'],
    help: 'rename puts the file aside, reopen expects that it has been; default rename',
  },
  { path: 'systemLog.verbosity', kind: 'count' },
  {
    name: 'pidfilepath',
    path: 'processManagement.pidFilePath',
    value: 'FILE',
    help: 'file for the number of the process',
  },
  {
    name: 'slowms',
    path: 'operationProfiling.slowOpThresholdMs',
    value: 'MS',
    kind: 'count',
    help: 'operations that take longer are logged, default 100',
  },
]

/** What stands below these is a parameter, set as the command `setParameter` does. */
export const PARAMETERS = 'setParameter.'

/** Values in a configuration file that name what is so anyway. */
export const fixed: { readonly [path: string]: readonly unknown[] } = {
  'net.wireObjectCheck': [true],
  'operationProfiling.mode': ['off'],
  'processManagement.fork': [false],
  'replication.enableMajorityReadConcern': [true],
  'security.clusterAuthMode': ['keyFile'],
  'security.javascriptEnabled': [false],
  'security.enableEncryption': [false],
  'storage.engine': ['wiredTiger'],
  'storage.journal.enabled': [true],
  'systemLog.destination': ['file'],
  'systemLog.timeStampFormat': ['iso8601-utc'],
}

/**
 * Settings of MongoDB's own storage, log of operations and socket files, which change how it
 * does its work and not what comes out: taken in any configuration, and of no consequence here.
 */
export const harmless: readonly string[] = [
  'net.compression.',
  'net.unixDomainSocket.',
  'processManagement.timeZoneInfo',
  'replication.oplogSizeMB',
  'replication.oplogMinRetentionHours',
  'storage.directoryPerDB',
  'storage.journal.commitIntervalMs',
  'storage.oplogMinRetentionHours',
  'storage.syncPeriodSecs',
  'storage.wiredTiger.',
]
