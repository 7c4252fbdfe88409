// Generates proto/gen/seal.js and seal.d.ts from proto/seal/v1/seal.proto. `npm run proto` writes them in place;
// test/proto/locked.test.ts calls it with another folder and compares. Same .proto and same protobufjs-cli, same bytes.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const out = process.argv[2] ?? join(root, 'proto', 'gen')
mkdirSync(out, { recursive: true })

const cli = createRequire(import.meta.url).resolve('protobufjs-cli/package.json')
// 64-bit fields are `Long` (a number cannot hold a seal's id); verify, delimited and service code has no caller here.
const flags = ['-t', 'static-module', '-w', 'esm', '--no-verify', '--no-delimited', '--no-typeurl', '--no-service', '--dts']
execFileSync(process.execPath, [join(dirname(cli), 'bin', 'pbjs'), ...flags, '-o', join(out, 'seal.js'), 'proto/seal/v1/seal.proto'], {
  cwd: root,
  stdio: 'inherit',
})
