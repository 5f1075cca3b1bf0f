// `npm start`: sets up what is missing, then becomes `gantry serve` in this very process, so that
// signals and the exit status are the server's own (hence also the `exec` in package.json: npm's shell
// would keep a signal to itself). Options are passed on unchanged.
import { setUp } from './set-up.js'

await setUp()
// As if `gantry serve` had been typed.
process.argv.splice(2, 0, 'serve')
await import('../packages/cli/bin/gantry.js')
