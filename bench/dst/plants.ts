import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// `npm run dst:plants [-- NAME …]`: plants one fault at a time in a copy of the compiled engine and asks the simulation for a seed that
// notices. A fault whose place is no longer in the code is an error here, so that none is silently not planted.

type Plant = { readonly name: string; readonly file: string; readonly find: string; readonly put: string; readonly power?: boolean }
export const PLANTS: readonly Plant[] = [
  {
    name: 'receipt before flush',
    file: 'ingest/batcher.js',
    find: 'appended.then(() =>',
    put: '(appended.catch(() => undefined), Promise.resolve()).then(() =>',
  },
  {
    name: 'token reused for other blocks',
    file: 'storage/lane.js',
    find: '`${logId}:${spec.name}:${block}:${attempt}`',
    put: '`${logId}:${spec.name}:0:${attempt}`',
  },
  { name: 'attempt not raised', file: 'storage/lane.js', find: 'attempt += 1;', put: ';' },
  { name: 'token not noted before it is sent', file: 'storage/lane.js', find: 'await remember(attempt);', put: ';' },
  {
    name: 'verified before it was counted',
    file: 'storage/lane.js',
    find: 'await sendBlock(client, spec, payload, token);',
    put: "await sendBlock(client, spec, payload, token); return 'there';",
  },
  {
    name: 'traffic dropped when its insert fails',
    file: 'storage/lane.js',
    find: 'failures += 1;',
    put: "failures += 1; if (spec.name === 'traffic_1m') return { attempt };",
  },
  { name: 'block sent before its extent has ended', file: 'storage/sink.js', find: 'if (!round.ends)', put: 'if (!round.ends && round.to % 7 !== 0)' },
  {
    name: 'spilled block sent again',
    file: 'storage/sink.js',
    find: 'releaseTable(pending.open, spec.name);',
    put: 'if (pending.spooled.has(spec.name)) await (await import("./insert.js")).sendBlock(options.client, spec, await payloadFrom(pending, spec, spool), `${options.logId}:${spec.name}:${pending.open.block}:again`); releaseTable(pending.open, spec.name);',
  },
  { name: 'expired keys not noted', file: 'storage/sink.js', find: 'await forever(() => eraser.add(keys), stopped.signal);', put: ';' },
  {
    name: 'snapshot before its blocks are verified',
    file: 'ingest/log/keeper.js',
    find: 'await sink.whenVerified((await round).block);\n        if (expiries',
    put: 'await round;\n        if (expiries',
  },
  { name: 'trimmed to the newest snapshot', file: 'ingest/log/keeper.js', find: '.slice(-SNAPSHOTS_KEPT)[0]', put: '.at(-1)' },
  {
    name: 'shard missing from a snapshot',
    file: 'core/thread/machine-state.js',
    find: 'attachShard(handles(`shard-${index}`, SHARD_SCHEMAS))',
    put: '(index === 0 ? createShardTables() : attachShard(handles(`shard-${index}`, SHARD_SCHEMAS)))',
  },
  {
    name: 'repeat window reset at restart',
    file: 'core/thread/machine-state.js',
    find: 'const shards = Array.from({ length: part.shardCount }',
    put: 'for (const column of Object.values(state.windows.columns)) column.fill(0);\n    const shards = Array.from({ length: part.shardCount }',
  },
  {
    name: 'desk missing from a snapshot',
    file: 'core/thread/machine-state.js',
    find: 'restoreDesk(deskDeps(registry, state, policy.otherRetentionMs), part.desk)',
    put: 'createDesk(deskDeps(registry, state, policy.otherRetentionMs))',
  },
  {
    name: 'term of the ledger lost',
    file: 'core/thread/machine-state.js',
    find: 'createLedger(part.ledger)',
    put: 'createLedger({ ...part.ledger, repeated: 0 })',
  },
  { name: 'cursor ahead within a round', file: 'live/hub.js', find: 'i === last ? cursorOf(round.to) : before', put: 'cursorOf(round.to)' },
  {
    name: 'resumes from before its ring',
    file: 'live/hub.js',
    find: 'deps.ringChanges ?? RING_CHANGES_MAX, machine.applied()',
    put: 'deps.ringChanges ?? RING_CHANGES_MAX, 0',
  },
  { name: 'ring forgets one too many', file: 'live/ring.js', find: '<= position)', put: '<= position + 1)' },
]
const SEEDS_MAX = 400
const ROOT = resolve(import.meta.dirname, '..', '..', '..')
const FOLDERS = ['core', 'ingest', 'storage', 'live', 'bench', 'proto']

const planted = ({ file, find, put, power = false }: Plant): string => {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-dst-'))
  try {
    for (const folder of FOLDERS) cpSync(join(ROOT, 'dist', folder), join(dir, 'dist', folder), { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(dir, 'package.json'))
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
    const path = join(dir, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(find)) return 'NOT PLANTED: its place is gone'
    writeFileSync(
      path,
      text.replace(find, () => put),
    )
    const args = [join(dir, 'dist/bench/dst/main.js'), '--seeds', String(SEEDS_MAX), '--stop', '--json', ...(power ? ['--power-loss'] : [])]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 600_000, maxBuffer: 1 << 26 })
    const last = stdout.trim().split('\n').at(-1) ?? ''
    if (!last.startsWith('{')) return `DIED: ${stderr.slice(-300)}`
    const { seeds, failed } = JSON.parse(last) as { readonly seeds: number; readonly failed: readonly { readonly complaints: readonly string[] }[] }
    return failed.length === 0 ? `NOT FOUND in ${seeds} seeds` : `${seeds} | ${failed[0]?.complaints[0]?.slice(0, 110)}`
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const wanted = process.argv.slice(2)
let missed = 0
for (const plant of PLANTS) {
  if (wanted.length > 0 && !wanted.includes(plant.name)) continue
  const verdict = planted(plant)
  if (!/^\d/.test(verdict)) missed += 1
  console.log(`| ${plant.name} | ${verdict} |`)
}
process.exit(missed === 0 ? 0 : 1)
