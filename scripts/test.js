// `npm test [-- filter… options…]`: sets up what is missing, then runs the compiled tests with
// node's own runner. A filter is a part of a test's path (`npm test -- engine/src/query`); options
// go to `node --test` (`npm test -- --test-name-pattern=cursor`).
import { spawn } from 'node:child_process'
import { basename, join, relative, sep } from 'node:path'
import { installRealParts } from './real-parts.js'
import { filesBelow, projects, root, setUp } from './set-up.js'

const args = process.argv.slice(2)
const options = args.filter((arg) => arg.startsWith('-'))
const filters = args.filter((arg) => !arg.startsWith('-'))

await setUp()
installRealParts()
const tests = [...projects().flatMap(compiledTests), ...scriptTests()].filter(isWanted)
if (tests.length === 0) {
  console.error(`No test's path contains ${filters.join(' or ')}.`)
  process.exit(1)
}

const runner = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    '--test-concurrency=2',
    // A test that hangs shall fail, not hold everybody up.
    '--test-timeout=300000',
    ...options,
    ...tests.map(({ compiled }) => compiled),
  ],
  { cwd: root, stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal))
runner.on('exit', (code) => process.exit(code ?? 1))

/** Each test as `{ compiled, source }`: what runs, and the path that a filter is matched with. */
function compiledTests({ sources, output }) {
  return filesBelow(output)
    .filter((file) => file.endsWith('.test.js'))
    .map((compiled) => {
      const source = join(sources, relative(output, compiled)).replace(/\.js$/, '.ts')
      return { compiled, source: relative(root, source).split(sep).join('/') }
    })
}

/** The tests of the scripts beside this one, which are not compiled. */
function scriptTests() {
  return filesBelow(join(root, 'scripts'))
    .filter((file) => file.endsWith('.test.js'))
    .map((compiled) => ({ compiled, source: `scripts/${basename(compiled)}` }))
}

function isWanted({ source }) {
  return filters.length === 0 || filters.some((filter) => source.includes(filter))
}
