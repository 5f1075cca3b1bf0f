#!/usr/bin/env node
// `gantry mongod` under a name of one word, for what wants the path of a program.
process.argv.splice(2, 0, 'mongod')
await import('./gantry.js')
