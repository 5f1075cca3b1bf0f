// `npm start`: sets up what is missing, then becomes `gantry serve` in this very process, so that
// signals and the exit status are the server's own. Options are passed on unchanged.
import { setUp } from './set-up.js'

setUp()
const { main } = await import('../packages/cli/dist/index.js')
await main(['serve', ...process.argv.slice(2)])
