// Brings a clone into a state that can run: dependencies installed, TypeScript built and bundled. Does
// nothing when all are up to date. Messages go to stderr, so that stdout belongs to what runs next.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const stampFile = join(root, 'node_modules', '.gantry-build')
const bundleFolder = join(root, 'packages', 'cli', 'bundle')

/** Installs and builds what is missing or out of date; ends the process when that fails. */
export async function setUp() {
  refuseOldNode()
  if (!isInstalled()) install()
  const stamp = sourcesStamp()
  if (!isBuilt(stamp)) await build(stamp)
}

/** The projects that `tsc -b` builds: `{ sources, output }`, absolute folders. */
export function projects() {
  const packages = readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'tsconfig.json')))
    .map((folder) => ({ folder, sources: join(folder, 'src'), output: join(folder, 'dist') }))
  const test = join(root, 'test')
  return [...packages, { folder: test, sources: test, output: join(test, 'dist') }]
}

/** All files below a folder, without those of `dist` and `node_modules`; `[]` if it is missing. */
export function filesBelow(folder, skipped = ['dist', 'node_modules']) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return [path]
    return skipped.includes(entry.name) ? [] : filesBelow(path, skipped)
  })
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Gantry needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
}

/** Compares what npm recorded of its last install with the lock file: every package the same? */
function isInstalled() {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (!installed) return false
  const wanted = readPackages(join(root, 'package-lock.json'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true
    const present = installed[path]
    if (!present) return entry.optional === true
    return present.version === entry.version && present.integrity === entry.integrity
  })
}

function readPackages(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : undefined
}

function install() {
  console.error('Installing dependencies (npm ci) …')
  const npm = process.env.npm_execpath
  if (npm?.endsWith('.js')) run(process.execPath, [npm, 'ci'])
  else run('npm', ['ci'], { shell: process.platform === 'win32' })
}

/** Path, size and time of everything that the build reads, a line each. */
function sourcesStamp() {
  const settings = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.base.json',
    join('scripts', 'bundle.js'),
  ]
  const files = settings.map((name) => join(root, name))
  for (const { folder, sources } of projects()) {
    files.push(join(folder, 'package.json'), join(folder, 'tsconfig.json'), ...filesBelow(sources))
  }
  let stamp = ''
  for (const file of files) {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat) stamp += `${file} ${stat.size} ${stat.mtimeMs}\n`
  }
  return stamp
}

function isBuilt(stamp) {
  return (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === stamp &&
    [...projects().map(({ output }) => output), bundleFolder].every((folder) => existsSync(folder))
  )
}

async function build(stamp) {
  console.error('Building …')
  rmSync(stampFile, { force: true })
  removeOrphans()
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])
  // Loaded here, as what it needs has only now been installed.
  const { bundle } = await import('./bundle.js')
  await bundle(bundledModules(), bundleFolder)
  writeFileSync(stampFile, stamp)
}

/** The command, and all worker threads, which are started by their place beside whoever starts them. */
function bundledModules() {
  const workers = projects()
    .flatMap(({ output }) => filesBelow(output))
    .filter((file) => file.endsWith('-worker.js'))
  return [join(root, 'packages', 'cli', 'dist', 'index.js'), ...workers]
}

/**
 * Removes what earlier builds made of sources that are gone, as tsc leaves it and a deleted test
 * would run on. What tsc has made is known by the declaration file beside it.
 */
function removeOrphans() {
  for (const { sources, output } of projects()) {
    for (const declaration of filesBelow(output)) {
      if (!declaration.endsWith('.d.ts')) continue
      const name = declaration.slice(output.length + 1, -'.d.ts'.length)
      if (existsSync(join(sources, `${name}.ts`)) || existsSync(join(sources, `${name}.tsx`))) {
        continue
      }
      for (const ending of ['.d.ts', '.js', '.js.map']) {
        rmSync(join(output, name + ending), { force: true })
      }
    }
  }
}

function run(command, args, options) {
  // Loaded here, as a start that finds everything in place should not pay for it.
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    ...options,
  })
  if (error) fail(`${command} could not be run: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  refuseOldNode()
  if (!isInstalled()) install()
  await build(sourcesStamp())
}
