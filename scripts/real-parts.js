// Installs what some tests use beside npm's packages, where that can be: servers and drivers of other
// languages from Debian's packages, as root only, and mongosh. What cannot be had is said, and its tests
// are skipped. Quick when all is there; what failed is not tried again for a day. No service is left
// running or enabled by it. `node scripts/real-parts.js` tries at once.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './set-up.js'

const DAY_MS = 24 * 60 * 60 * 1000
const stampFile = join(root, 'node_modules', '.gantry-real-parts')
const policyFile = '/usr/sbin/policy-rc.d'

/** Debian's packages, what shows that they are there, and the services that they bring. */
const parts = [
  { packages: ['redis-server', 'redis-tools'], isThere: () => has('redis-server', 'redis-cli') },
  {
    packages: ['python3-pymongo', 'python3-requests'],
    isThere: () => canImport('pymongo, requests'),
  },
  { packages: ['php-cli', 'php-mongodb'], isThere: hasPhp },
]
const services = ['redis-server']

/** Installs what is missing. Never fails. */
export function installRealParts({ atOnce = false } = {}) {
  const missing = parts.filter(({ isThere }) => !isThere()).flatMap(({ packages }) => packages)
  const wantsMongosh = !has('mongosh')
  if (missing.length === 0 && !wantsMongosh) return
  if (!atOnce && wasTriedToday()) return
  if (missing.length > 0 && process.getuid?.() === 0 && has('apt-get')) installPackages(missing)
  if (wantsMongosh && process.getuid?.() === 0) {
    console.error('Installing mongosh …')
    run('npm', ['install', '--silent', '--global', '--ignore-scripts', 'mongosh'])
  }
  const still = parts.filter(({ isThere }) => !isThere()).flatMap(({ packages }) => packages)
  if (!has('mongosh')) still.push('mongosh')
  if (still.length === 0) return
  console.error(`Not installed, and their tests are skipped: ${still.join(', ')}.`)
  if (existsSync(join(root, 'node_modules'))) writeFileSync(stampFile, '')
}

function wasTriedToday() {
  const stat = statSync(stampFile, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs < DAY_MS
}

function installPackages(packages) {
  console.error(`Installing ${packages.join(', ')} …`)
  // Debian's way to say that no service is to be started; a machine that has one keeps its own.
  const isOurs = !existsSync(policyFile)
  const wereThere = services.filter((service) => has(service))
  if (isOurs) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    run('apt-get', ['update', '-qq'])
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['install', '-qq', '--no-install-recommends', ...packages], { env })
  } finally {
    if (isOurs) rmSync(policyFile, { force: true })
  }
  // Nor at the next start of the machine; one that somebody had installed before is theirs.
  for (const service of services) {
    if (!wereThere.includes(service) && has('systemctl')) run('systemctl', ['disable', service])
  }
}

/** Whether the PATH has all these commands. */
function has(...commands) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return commands.every((command) => folders.some((folder) => existsSync(join(folder, command))))
}

function canImport(modules) {
  // Debian's packages are there for Debian's Python, whichever the PATH has first.
  return spawnSync('/usr/bin/python3', ['-c', `import ${modules}`]).status === 0
}

function hasPhp() {
  if (!has('php')) return false
  return /^mongodb$/m.test(spawnSync('php', ['-m'], { encoding: 'utf8' }).stdout ?? '')
}

function run(command, args, options) {
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 2], timeout: 10 * 60_000, ...options })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installRealParts({ atOnce: true })
