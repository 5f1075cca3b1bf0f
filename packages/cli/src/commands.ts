import type { Argument, Command, ForeignCommand, Option } from './command.js'
import { accountOptions, connectionOptions, jsonOption } from './options.js'

const db: Argument = { name: 'DB', help: 'name of the database' }
const collection: Argument = { name: 'COLLECTION', help: 'name of the collection' }
const query: Argument = {
  name: 'QUERY',
  help: 'JSON object that selects documents; - reads it from standard input',
}
const onInstance = [...connectionOptions, jsonOption]
const onAccount = [...accountOptions, jsonOption]
const instanceName: Argument = { name: 'NAME', help: 'name of the instance' }
const passwordFile: Option = {
  name: 'password-file',
  value: 'FILE',
  help: 'file with the password; - is standard input, also without it when that is no terminal',
}
const services = ['mongodb', 'redis', 'elasticsearch']
const order: readonly Option[] = [
  {
    name: 'service',
    value: 'SERVICE',
    help: `${services.join(', ')}; default mongodb`,
    choices: services,
  },
  { name: 'type', value: 'TYPE', help: 'such as mongodb_sharded; default a replica set' },
  { name: 'plan', value: 'SIZE', help: 'one of gantry plan list; default the smallest' },
  { name: 'server-version', value: 'VERSION', help: 'version of the service' },
  { name: 'zone', value: 'ZONE', help: 'default local' },
  { name: 'no-wait', help: 'do not wait until it is ready' },
]

const backupLabel: Argument = { name: 'BACKUP', help: 'label or id, as backup list shows it' }
const ofInstance: Option = {
  name: 'instance',
  value: 'NAME',
  help: 'the instance; default "default"',
}
const keepDays: Option = { name: 'keep-days', value: 'N', help: 'days after which backups may go' }
const backupLayout: Option = {
  name: 'layout',
  value: 'LAYOUT',
  help: 'archive, one file, or directory, files for each collection; default archive',
  choices: ['archive', 'directory'],
}
const restoreOptions: readonly Option[] = [
  { name: 'into', value: 'NAME', help: 'another instance than that of the backup' },
  { name: 'new', value: 'NAME', help: 'a new instance, which is made first' },
  { name: 'yes', help: 'it is meant so' },
  { name: 'no-users', help: 'leave users and roles as they are' },
  { name: 'no-safety', help: 'do not back up before what is there' },
]
const scheduleOptions: readonly Option[] = [
  { name: 'on', help: 'back up' },
  { name: 'off', help: 'do not back up any more' },
  { name: 'at', value: 'HH:MM', help: 'time of the day in UTC' },
  { name: 'every-hours', value: 'N', help: 'hours from one backup to the next' },
]

const shells = ['bash', 'zsh', 'fish']

const polling: readonly Option[] = [
  {
    name: 'instances',
    value: 'NAMES',
    help: 'instances of the account that is signed in (gantry login), with commas between; all stands for all of MongoDB',
  },
  { name: 'interval', value: 'SECONDS', help: 'time between two looks, default 1' },
  { name: 'count', value: 'N', help: 'end after so many; without it, when interrupted' },
]

/** Its options are the server's settings. */
const serve: ForeignCommand = {
  name: 'serve',
  summary: 'start the server',
  load: () => import('./commands/serve.js'),
}

/** Called as MongoDB's own server is. */
const mongod: ForeignCommand = {
  name: 'mongod',
  summary: "serve the embedded engine alone, as a process called like MongoDB's server",
  description: `It demands credentials always. While there is no user, one who connects from the same machine may
make the first, in the database admin. SIGTERM ends it in order.`,
  load: () => import('./commands/mongod.js'),
}

/** Those that read their own command lines. */
export const foreignCommands: readonly ForeignCommand[] = [serve, mongod]

/**
 * One row per command, as help lists them. Help, usage errors, completion and the manual
 * come from here.
 */
export const commands: readonly Command[] = [
  {
    name: 'stat',
    summary: 'a line a second of what an instance does, or several',
    description: `Operations per second by kind, connections (conn), operations that wait for a lock and that are
under way (qr|qw, ar|aw: reads and writes), bytes per second received and sent, and the share of
time in which a lock was held. What a server does not count is shown as -.

Redis instances of an account (--instances): commands, hits, misses, evicted and expired keys per
second, memory in bytes, clients, keys; the role of whoever answers, its replicas, and the seconds
since the one furthest behind was heard of. Elasticsearch instances: documents, documents indexed
and queries per second, the share of the heap in use, bytes stored and open HTTP connections, added
up over the nodes, copies of shards included.

A connection that is lost is made again; a message on standard error says so.`,
    args: [
      {
        name: 'PROFILE',
        help: 'profiles of the instances; without one, the instance that the options name',
        optional: true,
        many: true,
      },
    ],
    options: [...polling, ...onInstance],
    load: async () => (await import('./commands/stat.js')).stat,
  },
  {
    name: 'top',
    summary: 'what an instance does at this moment, on the whole screen',
    description: `Operations by collection, and one by one with their age; connections, memory and locks.

Redis and Elasticsearch instances of an account (--instances) are shown by their hosts, with what
gantry stat tells of each.

Keys: q quits, s sorts by the next column, r reverses, p or space pauses. Without a terminal, or
with --json, it prints one look after the other instead.`,
    args: [],
    options: [
      {
        name: 'sort',
        value: 'COLUMN',
        help: 'what operations are sorted by: age, op, ns or client; default age',
        choices: ['age', 'op', 'ns', 'client'],
      },
      ...polling,
      ...onInstance,
    ],
    load: async () => (await import('./commands/top.js')).top,
  },
  {
    name: 'doc get',
    summary: 'print the documents of a collection that match',
    description: 'One document per line; with --json, one array.',
    args: [db, collection, { ...query, optional: true }],
    options: onInstance,
    load: async () => (await import('./commands/doc.js')).getDocuments,
  },
  {
    name: 'doc add',
    summary: 'add a document, or replace the one with its _id',
    description: 'Prints the document as it is stored.',
    args: [
      db,
      collection,
      {
        name: 'DOCUMENT',
        help: 'JSON object; without it or with -, from standard input',
        optional: true,
      },
    ],
    options: onInstance,
    load: async () => (await import('./commands/doc.js')).addDocument,
  },
  {
    name: 'doc update',
    summary: 'replace the first document that matches',
    args: [
      db,
      collection,
      query,
      { name: 'SET', help: 'the whole new document, or update operators such as {"$inc":{"n":1}}' },
    ],
    options: onInstance,
    load: async () => (await import('./commands/doc.js')).updateDocument,
  },
  {
    name: 'doc delete',
    summary: 'delete all documents that match',
    args: [db, collection, { ...query, help: `${query.help}; {} matches all` }],
    options: onInstance,
    load: async () => (await import('./commands/doc.js')).deleteDocuments,
  },
  {
    name: 'db list',
    summary: 'list the databases of the instance with their sizes',
    args: [],
    options: onInstance,
    load: async () => (await import('./commands/db.js')).listDatabases,
  },
  {
    name: 'db add',
    summary: 'make a database if it is not there, and a user in it',
    description:
      'A user who exists gets the new password. At a terminal the password is asked for.',
    args: [db, { name: 'USER', help: 'name of the user' }],
    options: [
      {
        name: 'password-file',
        value: 'FILE',
        help: "file with the user's password; - is standard input, also without it when that is no terminal",
      },
      ...onInstance,
    ],
    load: async () => (await import('./commands/db.js')).addDatabase,
  },
  {
    name: 'acl list',
    summary: 'list the addresses that may connect to the instance',
    args: [],
    options: onInstance,
    load: async () => (await import('./commands/acl.js')).listAcls,
  },
  {
    name: 'acl add',
    summary: 'let addresses connect to the instance',
    args: [
      { name: 'MASK', help: 'IPv4 address, with /BITS a network' },
      { name: 'DESCRIPTION', help: 'whose addresses they are', optional: true },
    ],
    options: onInstance,
    load: async () => (await import('./commands/acl.js')).addAcl,
  },
  {
    name: 'acl delete',
    summary: 'no longer let addresses connect to the instance',
    args: [{ name: 'MASK', help: 'as acl list shows it' }],
    options: onInstance,
    load: async () => (await import('./commands/acl.js')).deleteAcl,
  },
  {
    name: 'instance list',
    summary: 'list the instances of the account',
    args: [],
    options: onAccount,
    load: async () => (await import('./commands/instances.js')).listInstances,
  },
  {
    name: 'instance show',
    summary: 'show an instance',
    description: `With a name, one of the account that is signed in, its key included; without, the one whose key is
given.`,
    args: [{ ...instanceName, optional: true }],
    options: onInstance,
    load: async () => (await import('./commands/instances.js')).showInstance,
  },
  {
    name: 'instance create',
    summary: 'make an instance, and wait until it is ready',
    args: [instanceName],
    options: [...order, ...onAccount],
    load: async () => (await import('./commands/instances.js')).createInstance,
  },
  {
    name: 'instance attach',
    summary: 'make an instance of a database that lives elsewhere',
    description: `The URI, which holds a password, is read from a file or standard input. Nothing there is changed,
and deleting the instance later leaves it as it is.`,
    args: [instanceName],
    options: [
      { name: 'uri-file', value: 'FILE', help: 'file with the URI; - is standard input' },
      ...order,
      ...onAccount,
    ],
    load: async () => (await import('./commands/instances.js')).attachInstance,
  },
  {
    name: 'instance rename',
    summary: 'give an instance another name',
    args: [instanceName, { name: 'NEW', help: 'the name that it is to have' }],
    options: onAccount,
    load: async () => (await import('./commands/instances.js')).renameInstance,
  },
  {
    name: 'instance delete',
    summary: 'delete an instance with all its data',
    args: [instanceName],
    options: [{ name: 'yes', help: 'it is meant so' }, ...onAccount],
    load: async () => (await import('./commands/instances.js')).deleteInstance,
  },
  {
    name: 'plan list',
    summary: 'list the plans that instances come in',
    args: [],
    options: [
      { name: 'service', value: 'SERVICE', help: 'only those of a service', choices: services },
      ...onAccount,
    ],
    load: async () => (await import('./commands/plan.js')).listPlans,
  },
  {
    name: 'account list',
    summary: 'list the accounts of the server, as its administrator',
    args: [],
    options: onAccount,
    load: async () => (await import('./commands/account.js')).listAccounts,
  },
  {
    name: 'account create',
    summary: 'make an account, as the administrator of the server',
    description: 'At a terminal the password is asked for.',
    args: [{ name: 'LOGIN', help: 'what it signs in with' }],
    options: [
      { name: 'email', value: 'ADDRESS', help: 'default the login' },
      { name: 'name', value: 'TEXT', help: 'whose it is; default the login' },
      passwordFile,
      ...onAccount,
    ],
    load: async () => (await import('./commands/account.js')).createAccount,
  },
  {
    name: 'login',
    summary: 'sign in to a server, and keep the token in a profile',
    description: `The token is valid for a day; the password is not kept. At a terminal it is asked for. Where a
server runs in the same folder, its first account is signed in without being asked.`,
    args: [{ name: 'PROFILE', help: 'name of the profile; default "default"', optional: true }],
    options: [
      { name: 'url', value: 'URL', help: 'the server (GANTRY_URL); default that of the profile' },
      { name: 'login', value: 'LOGIN', help: 'who signs in; default who did last' },
      passwordFile,
      { name: 'default', help: 'use the profile when nothing else is given' },
      ...connectionOptions.filter(({ name }) => ['ca', 'insecure', 'data-dir'].includes(name)),
      jsonOption,
    ],
    load: async () => (await import('./commands/login.js')).login,
  },
  {
    name: 'logout',
    summary: 'forget the token of a profile',
    args: [{ name: 'PROFILE', help: 'name of the profile; default "default"', optional: true }],
    options: [jsonOption],
    load: async () => (await import('./commands/login.js')).logout,
  },
  {
    name: 'logs',
    summary: 'print the latest lines of the log of the instance',
    args: [],
    options: onInstance,
    load: async () => (await import('./commands/instance.js')).showLogs,
  },
  {
    name: 'space',
    summary: 'show the space that the instance takes',
    args: [],
    options: onInstance,
    load: async () => (await import('./commands/instance.js')).showSpace,
  },
  {
    name: 'backup create',
    summary: 'back up an instance, and wait until it is done',
    args: [],
    options: [ofInstance, backupLayout, keepDays, ...onAccount],
    load: async () => (await import('./commands/backup.js')).createBackup,
  },
  {
    name: 'backup list',
    summary: 'list the backups of an instance',
    args: [],
    options: [
      ofInstance,
      { name: 'all', help: 'of all instances, of deleted ones too' },
      ...onAccount,
    ],
    load: async () => (await import('./commands/backup.js')).listBackups,
  },
  {
    name: 'backup show',
    summary: 'show a backup',
    args: [backupLabel],
    options: [ofInstance, ...onAccount],
    load: async () => (await import('./commands/backup.js')).showBackup,
  },
  {
    name: 'backup verify',
    summary: 'restore a backup elsewhere and compare it',
    args: [backupLabel],
    options: [ofInstance, ...onAccount],
    load: async () => (await import('./commands/backup.js')).verifyBackup,
  },
  {
    name: 'backup restore',
    summary: 'replace everything in an instance by a backup',
    description: `What is there is backed up before, and put back when the restore fails.`,
    args: [backupLabel],
    options: [ofInstance, ...restoreOptions, ...onAccount],
    load: async () => (await import('./commands/backup.js')).restoreBackup,
  },
  {
    name: 'backup delete',
    summary: 'delete a backup with its files',
    args: [backupLabel],
    options: [ofInstance, ...onAccount],
    load: async () => (await import('./commands/backup.js')).deleteBackup,
  },
  {
    name: 'backup schedule',
    summary: 'show or change when an instance is backed up',
    args: [],
    options: [ofInstance, ...scheduleOptions, keepDays, ...onAccount],
    load: async () => (await import('./commands/backup.js')).scheduleBackups,
  },
  {
    name: 'profile list',
    summary: 'list the profiles, without their keys',
    args: [],
    options: [jsonOption],
    load: async () => (await import('./commands/profile.js')).listProfiles,
  },
  {
    name: 'profile add',
    summary: 'keep URL and key of an instance under a name, or replace them',
    description: `The file of the profiles is gantry/config.json in $XDG_CONFIG_HOME (default ~/.config), or what
GANTRY_CONFIG_FILE names; it is readable by you alone, and refused when it is not. URL and key are
those that the other options name.`,
    args: [{ name: 'NAME', help: 'name of the profile' }],
    options: [
      { name: 'default', help: 'use it when nothing else is given' },
      ...connectionOptions,
      jsonOption,
    ],
    load: async () => (await import('./commands/profile.js')).addProfile,
  },
  {
    name: 'profile delete',
    summary: 'forget a profile',
    args: [{ name: 'NAME', help: 'name of the profile' }],
    options: [jsonOption],
    load: async () => (await import('./commands/profile.js')).deleteProfile,
  },
  {
    name: 'agent',
    summary: "do on this host what a project's automation wants there",
    description: `Asks a Gantry server for the goal of a project, starts, changes and stops the MongoDB processes that
are for this host, and says how far it is. It works until SIGTERM or SIGINT, which leave its processes
running; so does its death, and when it is started again it finds them. While the server is away it
goes on with the goal that it knows. One agent works in a folder, and one for a host name in a project.

The agent API key says which project. It is read from a file or from GANTRY_AGENT_KEY, never from the
command line; once it is deleted on the server the agent ends with exit status 1.`,
    args: [],
    options: [
      { name: 'server', value: 'URL', help: 'the Gantry server (GANTRY_URL)' },
      {
        name: 'key-file',
        value: 'FILE',
        help: 'file with the agent API key; - is standard input (GANTRY_AGENT_KEY: the key itself)',
      },
      { name: 'group', value: 'ID', help: 'the project; refused when the key is for another one' },
      {
        name: 'hostname',
        value: 'NAME',
        help: 'what this host is called in the goal; default what it calls itself',
      },
      {
        name: 'dir',
        value: 'FOLDER',
        help: 'what the agent keeps, not the data of the processes; default ./gantry-agent',
      },
      {
        name: 'mongod',
        value: 'FILE',
        help: 'the mongod to run; default that of the PATH, or else the embedded engine',
      },
      { name: 'mongos', value: 'FILE', help: 'the mongos to run; default that of the PATH' },
      {
        name: 'tls-ca',
        value: 'FILE',
        help: 'certificates (PEM) to trust instead of the usual ones (GANTRY_CA)',
      },
      { name: 'plain-http', help: 'send the key to another machine without TLS' },
    ],
    load: async () => (await import('./commands/agent.js')).agent,
  },
  {
    name: 'completion',
    summary: 'print a script that completes command lines in a shell',
    description: `bash: source <(gantry completion bash)
zsh:  gantry completion zsh > "\${fpath[1]}/_gantry"
fish: gantry completion fish > ~/.config/fish/completions/gantry.fish`,
    args: [{ name: 'SHELL', help: shells.join(', '), choices: shells }],
    options: [],
    load: async () => {
      const { printCompletion } = await import('./commands/completion.js')
      return (call) => printCompletion(call, foreignCommands, commands)
    },
  },
]
