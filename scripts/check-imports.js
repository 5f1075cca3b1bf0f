// Checks who imports whom, type-only imports included. What the tables do not list is forbidden;
// to allow something, add a word to a row. Prints one line per finding; the exit status is 1 then.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './set-up.js'

/** Package -> the packages of ours that it may import. */
const packages = {
  bson: [],
  engine: ['bson'],
  api: [],
  server: ['api', 'bson', 'engine'],
  client: ['api'],
  console: ['client'],
  cli: ['client', 'engine', 'server'],
}

/**
 * Inside a package: folder or file of `src` -> those it may import, beside itself; the longest
 * name that fits a file counts. A package without an entry has no layers. Tests are free here.
 */
const layers = {
  engine: {
    'index.ts': ['*'],
    wire: ['engine.ts', 'session.ts', 'errors.ts'],
    'open-engine.ts': ['*'],
    'open-parts.ts': ['*'],
    'data-snapshot.ts': ['catalog', 'oplog', 'storage'],
    'background.ts': ['catalog', 'storage', 'errors.ts'],
    'dispatch.ts': [
      'commands',
      'sessions',
      'observe',
      'engine.ts',
      'element-text.ts',
      'operations.ts',
      'session.ts',
      'errors.ts',
    ],
    'operations.ts': ['operation-kind.ts', 'plan', 'engine.ts', 'session.ts', 'errors.ts'],
    'operation-kind.ts': [],
    'activity.ts': [],
    observe: [
      'element-text.ts',
      'operation-kind.ts',
      'operations.ts',
      'engine.ts',
      'transactions',
      'plan',
      'catalog',
      'storage',
      'query',
      'session.ts',
      'errors.ts',
    ],
    testing: ['*'],
    'engine.ts': ['session.ts', 'errors.ts'],
    commands: [
      'engine.ts',
      'element-text.ts',
      'operations.ts',
      'observe',
      'auth',
      'sessions',
      'transactions',
      'change-streams',
      'oplog',
      'plan',
      'spill',
      'catalog',
      'storage',
      'update',
      'aggregate',
      'project',
      'query',
      'session.ts',
      'errors.ts',
    ],
    spill: ['errors.ts'],
    plan: ['spill', 'plan/sorter.ts', 'catalog', 'storage', 'query', 'errors.ts'],
    catalog: ['auth', 'storage', 'query', 'element-text.ts', 'errors.ts'],
    oplog: ['storage', 'errors.ts'],
    'change-streams': ['oplog', 'storage', 'errors.ts'],
    transactions: ['catalog', 'oplog', 'storage', 'errors.ts'],
    sessions: ['transactions', 'storage', 'errors.ts'],
    storage: ['errors.ts'],
    auth: ['errors.ts'],
    update: ['query', 'element-text.ts', 'errors.ts'],
    aggregate: ['project', 'query', 'plan/sorter.ts', 'spill', 'errors.ts'],
    'plan/sorter.ts': ['plan/sorted-runs.ts', 'plan/merge-runs.ts', 'spill', 'errors.ts'],
    'plan/sorted-runs.ts': ['spill'],
    'plan/merge-runs.ts': ['plan/sorted-runs.ts'],
    project: ['query', 'element-text.ts', 'errors.ts'],
    query: ['errors.ts'],
    'element-text.ts': ['errors.ts'],
    'session.ts': ['auth', 'errors.ts'],
    'errors.ts': [],
  },
  server: {
    'index.ts': ['*'],
    'server.ts': ['*'],
    'open-control.ts': ['*'],
    'open-agent.ts': ['*'],
    opening: ['*'],
    'config.ts': ['*'],
    'config-settings.ts': ['config-values.ts'],
    'config-values.ts': ['addresses'],
    http: [
      'automation',
      'control',
      'addresses',
      'tls',
      'data-dir',
      'binding.ts',
      'dates.ts',
      'errors.ts',
    ],
    control: [
      'automation',
      'backups',
      'gateway',
      'machine',
      'services',
      'addresses',
      'tls',
      'data-dir',
      'binding.ts',
      'passwords.ts',
      'errors.ts',
    ],
    automation: ['services', 'data-dir', 'dates.ts', 'errors.ts'],
    gateway: ['services', 'addresses', 'tls', 'binding.ts', 'errors.ts'],
    tls: ['data-dir', 'errors.ts'],
    services: ['backups', 'data-dir', 'binding.ts', 'passwords.ts', 'errors.ts'],
    backups: ['data-dir', 'errors.ts'],
    machine: [],
    'data-dir': ['errors.ts'],
    addresses: [],
    testing: ['*'],
    'passwords.ts': [],
    'binding.ts': ['errors.ts'],
    'dates.ts': [],
    'errors.ts': [],
  },
}

/** Imports that only these folders and files may have, whatever else is allowed above. */
const only = {
  lmdb: ['engine/src/storage'],
  mongodb: ['server/src/services/mongodb'],
  '@redis/client': ['server/src/services/redis'],
  nodemailer: ['server/src/control/notifications'],
  '@gantry/engine': [
    'server/src/services/mongodb',
    'server/src/testing',
    'cli/src/commands/mongod.ts',
  ],
  '@gantry/server': [
    'cli/src/agent',
    'cli/src/commands/agent.ts',
    'cli/src/commands/serve.ts',
    'cli/src/commands/mongod.ts',
  ],
}

/** The files that may read `process.env`; tests may too. */
const environmentReaders = ['server/src/config.ts', 'cli/src/environment.ts']

/** All findings in a repository, as lines of text. */
export function checkImports(root) {
  const names = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'package.json')),
  )
  const files = names.flatMap((name) => readSources(root, name))
  return [
    ...names.filter((name) => !packages[name]).map((name) => `packages/${name}: not in the table`),
    ...files.flatMap((file) => checkFile(root, file)),
    ...findRings(files),
  ]
}

function readSources(root, packageName) {
  const folder = join(root, 'packages', packageName)
  const manifest = readManifest(folder)
  return filesBelow(join(folder, 'src'))
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const code = withoutComments(readFileSync(path, 'utf8'))
      const name = relative(join(root, 'packages'), path).split(sep).join('/')
      return { path, name, packageName, manifest, code, imports: importsOf(code) }
    })
}

function readManifest(folder) {
  const path = join(folder, 'package.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}

/** Only comments that begin a line: others cannot hide an import in formatted code. */
function withoutComments(code) {
  return code.replaceAll(/^\s*\/\*.*?\*\//gms, '').replaceAll(/^\s*\/\/.*/gm, '')
}

function importsOf(code) {
  const statement = /^(?:import|export)\b(?:[^'"`;=]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
  const call = /\bimport\(\s*['"`]([^'"`]+)['"`]/g
  return [statement, call].flatMap((form) => [...code.matchAll(form)].map((match) => match[1]))
}

function checkFile(root, file) {
  const findings = file.imports.map((target) =>
    target.startsWith('.') ? checkRelative(root, file, target) : checkBare(root, file, target),
  )
  if (/\bprocess\??\.env\b|from 'node:process'/.test(file.code) && !isTest(file.name)) {
    const allowed = environmentReaders.includes(file.name)
    if (!allowed) findings.push(`reads process.env, which is for ${environmentReaders.join(', ')}`)
  }
  if (!isTest(file.name) && hasNoLayer(file)) {
    findings.push('belongs to no layer in the table')
  }
  return findings.filter(Boolean).map((finding) => `packages/${file.name}: ${finding}`)
}

function checkRelative(root, file, target) {
  const name = resolveName(file, target)
  if (!name.startsWith(`${file.packageName}/src/`)) return `imports ${target}, outside of its src`
  if (!existsSync(join(root, 'packages', name))) return undefined // for the compiler to report
  if (isTest(file.name)) return undefined
  if (isTest(name)) return `imports a test, ${target}`
  if (!layers[file.packageName]) return undefined
  const from = layerOf(file.packageName, insideSrc(file.name))
  const to = layerOf(file.packageName, insideSrc(name))
  if (!from || !to || from === to) return undefined
  const allowed = layers[file.packageName][from]
  return allowed.includes('*') || allowed.includes(to) ? undefined : `${from} imports ${to}`
}

function checkBare(root, file, target) {
  if (isBuiltin(target)) {
    return target.startsWith('node:') ? undefined : `imports ${target} without node:`
  }
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
  const own = /^@gantry\/(.+)/.exec(name)?.[1]
  if (own && !packages[file.packageName]?.includes(own)) return `imports ${name}`
  if (only[name] && !isTest(file.name) && !only[name].some((place) => isWithin(file.name, place))) {
    return `imports ${name}, which is for ${only[name].join(', ')}`
  }
  const { dependencies, devDependencies } = file.manifest
  const forTests = isTest(file.name) || insideSrc(file.name).startsWith('testing/')
  const declared = { ...dependencies, ...(forTests && allDevDependencies()) }
  return name in declared ? undefined : `imports ${name}, not among its dependencies`

  function allDevDependencies() {
    return { ...devDependencies, ...readManifest(root).devDependencies }
  }
}

/** `a/src/b/c.ts` and `../d.js` -> `a/src/d.ts` (or `.tsx`, whichever there is). */
function resolveName(file, target) {
  const name = join(dirname(file.name), target).split(sep).join('/').replace(/\.js$/, '.ts')
  const tsx = `${name}x`
  return existsSync(join(dirname(file.path), target.replace(/\.js$/, '.tsx'))) ? tsx : name
}

function hasNoLayer({ packageName, name }) {
  return layers[packageName] && !layerOf(packageName, insideSrc(name))
}

function layerOf(packageName, path) {
  return Object.keys(layers[packageName])
    .filter((layer) => isWithin(path, layer))
    .sort((a, b) => b.length - a.length)[0]
}

function isWithin(path, place) {
  return path === place || path.startsWith(`${place}/`)
}

function insideSrc(name) {
  return name.split('/').slice(2).join('/')
}

function isTest(name) {
  return /\.test\.tsx?$/.test(basename(name))
}

/** Depth first over all files; reports each ring once, by the way round it. */
function findRings(files) {
  const byName = new Map(files.map((file) => [file.name, file]))
  const done = new Set()
  const way = []
  const rings = []
  const visit = (file) => {
    if (done.has(file)) return
    const start = way.indexOf(file)
    if (start >= 0) {
      rings.push(`ring: ${[...way.slice(start), file].map(({ name }) => name).join(' -> ')}`)
      return
    }
    way.push(file)
    for (const target of file.imports.filter((name) => name.startsWith('.'))) {
      const next = byName.get(resolveName(file, target))
      if (next) visit(next)
    }
    way.pop()
    done.add(file)
  }
  files.forEach(visit)
  return rings
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const findings = checkImports(fileURLToPath(new URL('..', import.meta.url)))
  for (const finding of findings) console.error(finding)
  if (findings.length > 0) process.exit(1)
}
