import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { checkImports } from './check-imports.js'

const manifest = JSON.stringify({ dependencies: { lmdb: '*', '@gantry/engine': '*' } })
const allowed = [
  {
    name: 'downwards, and in a comment anything',
    files: {
      'engine/src/catalog/a.ts': "// import x from 'lmdb'\nimport { b } from '../storage/b.js'",
      'engine/src/storage/b.ts': "/* import 'x' */\nimport { open } from 'lmdb'",
    },
  },
  {
    name: 'a test, from any layer',
    files: {
      'engine/src/query/a.test.ts': "import { b } from '../storage/b.js'\nprocess.env.X",
      'engine/src/storage/b.ts': '',
      'engine/src/package.test.ts': '',
    },
  },
  {
    name: 'the engine, from its service driver',
    files: { 'server/src/services/mongodb/a.ts': "import { open } from '@gantry/engine'" },
  },
]
const forbidden = [
  {
    name: 'upwards, type-only, over several lines',
    files: {
      'engine/src/query/a.ts': "import type {\n  B,\n} from '../storage/b.js'",
      'engine/src/storage/b.ts': '',
    },
    finding: /query\/a\.ts: query imports storage/,
  },
  {
    name: 'upwards, in a re-export',
    files: {
      'server/src/services/a.ts': "export * from '../http/b.js'",
      'server/src/http/b.ts': '',
    },
    finding: /services imports http/,
  },
  {
    name: 'upwards, in a call',
    files: {
      'server/src/control/a.ts': "const b = await import('../http/b.js')",
      'server/src/http/b.ts': '',
    },
    finding: /control imports http/,
  },
  {
    name: 'lmdb outside of storage',
    files: { 'engine/src/catalog/a.ts': "import { open } from 'lmdb'" },
    finding: /imports lmdb, which is for engine\/src\/storage/,
  },
  {
    name: 'the engine outside of its service driver',
    files: { 'server/src/control/a.ts': "import type { Engine } from '@gantry/engine'" },
    finding: /imports @gantry\/engine, which is for/,
  },
  {
    name: 'a package that the table does not allow',
    files: { 'engine/src/query/a.ts': "import '@gantry/api'" },
    finding: /imports @gantry\/api/,
  },
  {
    name: 'a package that is not declared',
    files: { 'api/src/a.ts': "import x from 'left-pad/x'" },
    finding: /imports left-pad, not among its dependencies/,
  },
  {
    name: 'across packages by path',
    files: { 'api/src/a.ts': "import x from '../../engine/src/errors.js'" },
    finding: /outside of its src/,
  },
  {
    name: 'a folder without a layer',
    files: { 'engine/src/helpers/a.ts': '' },
    finding: /belongs to no layer/,
  },
  { name: 'an unlisted package', files: { 'extra/src/a.ts': '' }, finding: /extra: not in the/ },
  {
    name: 'process.env',
    files: { 'server/src/http/a.ts': 'const home = process.env.HOME' },
    finding: /reads process\.env/,
  },
  {
    name: 'a ring of types',
    files: {
      'api/src/a.ts': "import type { B } from './b.js'",
      'api/src/b.ts': "export type { C } from './c.js'",
      'api/src/c.ts': "import type { A } from './a.js'",
    },
    finding: /ring: api\/src\/a\.ts -> api\/src\/b\.ts -> api\/src\/c\.ts -> api\/src\/a\.ts/,
  },
]

describe('checkImports', () => {
  for (const { name, files } of allowed) {
    test(`allows ${name}`, () => assert.deepEqual(check(files), []))
  }
  for (const { name, files, finding } of forbidden) {
    test(`forbids ${name}`, () => {
      const findings = check(files)
      assert.equal(findings.length, 1, findings.join('\n'))
      assert.match(findings[0], finding)
    })
  }
})

function check(files) {
  const root = mkdtempSync(join(tmpdir(), 'gantry-imports-'))
  try {
    for (const [name, code] of Object.entries(files)) {
      const path = join(root, 'packages', name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, code)
      writeFileSync(join(root, 'packages', name.split('/')[0], 'package.json'), manifest)
    }
    return checkImports(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}
