#!/usr/bin/env node
import { statSync } from 'node:fs'

/** The bundle starts faster, but `tsc -b` may have built on since it was made. */
function isBundleCurrent() {
  const made = changed('../bundle/index.js')
  const parts = ['bson', 'engine', 'api', 'server', 'client', 'cli']
  return made > 0 && parts.every((name) => changed(`../../${name}/dist/.tsbuildinfo`) <= made)
}

/** When a file was last written; 0 when it is not there. */
function changed(path) {
  return statSync(new URL(path, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

const { main } = await import(isBundleCurrent() ? '../bundle/index.js' : '../dist/index.js')
await main(process.argv.slice(2))
