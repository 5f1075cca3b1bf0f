// Puts the command `gantry` into few files, `packages/cli/bundle`: a start spends most of its time on
// finding and reading some hundred modules otherwise. What has native parts stays outside. Names and
// lines are kept as they are, so that a stack trace can be read; there are source maps besides.
import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'

/** Packages that find their binaries by their own place in `node_modules`. */
const external = ['lmdb', 'snappy']

/** CommonJS modules inside expect it, and a module has none by itself. */
const requireForAll =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * Bundles compiled modules into a folder, with everything that they import; a stale one is removed.
 * In it all stand beside each other, under their own names. Rejects when one is not there.
 */
export async function bundle(modules, output) {
  rmSync(output, { recursive: true, force: true })
  const entryPoints = Object.fromEntries(modules.map((file) => [basename(file, '.js'), file]))
  if (Object.keys(entryPoints).length < modules.length) throw new Error('two have the same name')
  await build({
    entryPoints,
    outdir: output,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    banner: { js: requireForAll },
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  })
}
