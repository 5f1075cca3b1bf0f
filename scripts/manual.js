// Writes docs/cli.md from the table of commands; the packages must have been built.
import { writeFileSync } from 'node:fs'
import { renderManual } from '../packages/cli/dist/index.js'

writeFileSync(new URL('../docs/cli.md', import.meta.url), await renderManual())
