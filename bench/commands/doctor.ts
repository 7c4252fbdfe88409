// sealstream doctor: is this set-up sound, and if not, what is wrong and what to do. Each check says one line; the status is 1
// when any of them fails.

import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { ROLES } from '../../core/ops.ts'
import { api, call, clickhouse, clickhouseRows, problemText } from '../http.ts'
import { readEngineFile, type Target } from '../target.ts'
import { finish, print, targetOf, withTarget, type CommandContext, type TargetOptions } from './options.ts'
import { readFolder } from './doctor-folder.ts'
import { ledgerComplaint } from './simulate.ts'

type Finding = { readonly check: string; readonly ok: boolean; readonly says: string; readonly todo?: string }
type Check = { readonly name: string; readonly run: (target: Target, dir: string) => Promise<Omit<Finding, 'check'>> }

const NODE_MIN = [20, 19] as const
/** Less than this and the log would soon have to refuse: a few hours of a large fleet. */
const DISK_BYTES_MIN = 2 * 1024 ** 3
const CLOCK_MS_MAX = 2_000
const LAG_S_MAX = 60
/** Below the 95 % at which senders get 503, with time to act. */
const LOG_SHARE_MAX = 0.8
type StatusOfLog = {
  readonly log: { readonly bytes: number; readonly budgetBytes: number; readonly oldestMs: number | null }
  readonly sink: { readonly oldestUnstoredSeconds: number }
}

const good = (says: string): Omit<Finding, 'check'> => ({ ok: true, says })
const bad = (says: string, todo: string): Omit<Finding, 'check'> => ({ ok: false, says, todo })

const CHECKS: readonly Check[] = [
  {
    name: 'Node',
    run: async () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
      const old = major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])
      return old ? bad(`version ${process.versions.node}`, `install Node ${NODE_MIN.join('.')} or later`) : good(`version ${process.versions.node}`)
    },
  },
  {
    name: 'data folder',
    run: async (_, dir) => {
      if (!existsSync(dir))
        return bad(`${dir} does not exist`, "give --data with the engine's data folder, or start the engine once: sealstream serve --data DIR")
      const mode = statSync(dir).mode & 0o077
      return mode === 0 ? good(dir) : bad(`${dir} can be read by other users (mode ${(statSync(dir).mode & 0o777).toString(8)})`, `chmod 700 ${dir}`)
    },
  },
  {
    name: 'credentials',
    run: async (_, dir) => {
      const path = join(dir, 'credentials.json')
      if (!existsSync(path)) return bad(`${path} is not there`, 'the first start of the engine writes it; where it was removed on purpose, pass --token')
      const mode = statSync(path).mode & 0o777
      if (mode !== 0o600) return bad(`${path} has mode ${mode.toString(8)}: others may read the tokens`, `chmod 600 ${path}, then revoke and renew the tokens`)
      const missing = ROLES.filter((role) => typeof (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)[role] !== 'string')
      return missing.length === 0
        ? good('one token a role, mode 600')
        : bad(`${path} has no token for ${missing.join(', ')}`, 'sealstream token add NAME --role ROLE')
    },
  },
  {
    name: 'disk',
    run: async (_, dir) => {
      if (!existsSync(dir)) return bad('not measured: no data folder', 'see above')
      const { bavail, bsize } = statfsSync(dir)
      const free = bavail * bsize
      const text = `${(free / 1024 ** 3).toFixed(1)} GiB free`
      return free >= DISK_BYTES_MIN ? good(text) : bad(text, 'free some space: on a full disk requests are refused with 507')
    },
  },
  {
    name: 'engine',
    run: async (target, dir) => {
      const answer = await call({ url: `${target.url}/readyz`, timeoutMs: 5_000 }).catch(() => undefined)
      const { pid } = readEngineFile(dir) ?? {}
      if (answer === undefined)
        return bad(
          `nobody answers at ${target.url}${pid === undefined ? '' : ` (engine.json names process ${pid})`}`,
          `start it: sealstream serve --data ${dir}; or give --url`,
        )
      const { reasons = [] } = JSON.parse(answer.body.toString('utf8')) as { reasons?: readonly string[] }
      return answer.status === 200 ? good(`ready at ${target.url}`) : bad(`alive but not ready: ${reasons.join('; ')}`, 'wait, or see its log')
    },
  },
  {
    name: 'token',
    run: async (target) => {
      const answer = await api(target, 'sre', { path: '/v1/status' })
      return answer.status === 200
        ? good('the sre token is accepted')
        : bad(
            `/v1/status answers ${problemText(answer)}`,
            'the token is not one of this engine, or has not the role sre: is --data the folder of the engine at --url?',
          )
    },
  },
  {
    name: 'ClickHouse',
    run: async (target) => {
      await clickhouse(target, 'SELECT 1', 10_000)
      const [row] = await clickhouseRows<{ n: string }>(target, 'SELECT count() AS n FROM seals.events')
      return good(`answers at ${target.clickhouseUrl}; ${row?.n ?? 0} events`)
    },
  },
  {
    name: 'ledger',
    run: async (target) => {
      const complaint = await ledgerComplaint(target)
      return complaint === ''
        ? good('offered = accepted + rejected; accepted = stored + repeated + too old + waiting')
        : bad(complaint, 'this is a bug of the engine: keep the data folder and report it')
    },
  },
  {
    name: 'lag',
    run: async (target) => {
      const { value } = await api(target, 'sre', { path: '/v1/status' })
      const seconds = (value as { sink?: { oldestUnstoredSeconds?: number } } | undefined)?.sink?.oldestUnstoredSeconds ?? 0
      return seconds <= LAG_S_MAX
        ? good(`the oldest row not yet in ClickHouse is ${seconds.toFixed(1)} s old`)
        : bad(
            `the oldest row not yet in ClickHouse is ${Math.round(seconds)} s old`,
            "ClickHouse is slow or down; nothing is lost until the log's budget is used up",
          )
    },
  },
  {
    name: 'sink',
    run: async (target) => {
      const { value } = await api(target, 'sre', { path: '/v1/status' })
      const { refused = [], spooledBytes = 0 } =
        (value as { sink?: { refused?: readonly { table: string; reason: string }[]; spooledBytes?: number } } | undefined)?.sink ?? {}
      const [first] = refused
      if (first !== undefined)
        return bad(
          `ClickHouse refuses ${refused.map(({ table }) => table).join(', ')}: ${first.reason}`,
          'mend the table (its columns must be those of docs/clickhouse.md); its rows wait and go in by themselves within a minute, the other tables go on',
        )
      return good(spooledBytes === 0 ? 'no table waits' : `no table is refused; ${(spooledBytes / 1024 ** 2).toFixed(0)} MiB of rows wait on disk`)
    },
  },
  {
    name: 'snapshots',
    run: async (_, dir) => {
      const { snapshots, logFirst } = readFolder(dir)
      const whole = snapshots.find(({ problem }) => problem === null)
      const damaged = snapshots.filter(({ problem }) => problem !== null).map(({ position, problem }) => `snapshot ${position}: ${problem}`)
      if (logFirst > 1 && (whole === undefined || whole.position + 1 < logFirst))
        return bad(
          [`the log begins at entry ${logFirst} and no whole snapshot reaches it: the engine will not start again`, ...damaged].join('; '),
          'bring back the snapshots folder, or restore a backup (docs/backup.md)',
        )
      if (damaged.length > 0)
        return bad(
          `${damaged.join('; ')}: it is passed over at a start`,
          whole === undefined
            ? 'look at the disk; the log still has everything'
            : `look at the disk; snapshot ${whole.position} and the log after it have everything`,
        )
      return good(whole === undefined ? 'none yet: the log has everything' : `${snapshots.length} whole, the newest ${Math.round(whole.ageMs / 1000)} s old`)
    },
  },
  {
    name: 'log',
    run: async (target) => {
      const { value } = await api(target, 'sre', { path: '/v1/status' })
      const { log, sink } = value as StatusOfLog
      const share = log.bytes / log.budgetBytes
      const age = log.oldestMs === null ? 0 : Math.max(0, (Date.now() - log.oldestMs) / 1000)
      const said = `${(log.bytes / 1024 ** 2).toFixed(0)} MiB, ${(share * 100).toFixed(1)} % of its budget; the oldest entry is ${Math.round(age)} s old`
      if (share <= LOG_SHARE_MAX) return good(said)
      return sink.oldestUnstoredSeconds > LAG_S_MAX
        ? bad(
            `${said}; nothing is trimmed, for rows ${Math.round(sink.oldestUnstoredSeconds)} s old are not in ClickHouse`,
            'bring ClickHouse back (see sink): trimming and receipts resume by themselves',
          )
        : bad(
            `${said}; what is stored waits for two snapshots and the end of its segment`,
            'see snapshots; or give the log more: --log-budget-bytes, smaller --log-segment-bytes',
          )
    },
  },
  {
    name: 'clock',
    run: async (target) => {
      const asked = Date.now()
      const { value } = await api(target, 'sre', { path: '/v1/status' })
      const at = Date.parse((value as { at?: string } | undefined)?.at ?? '')
      if (Number.isNaN(at)) return bad('the engine does not say its time', 'see the check of the token')
      const off = at - (asked + Date.now()) / 2
      return Math.abs(off) <= CLOCK_MS_MAX
        ? good("the engine's clock is this machine's")
        : bad(
            `the engine's clock is ${Math.round(off / 1000)} s off this machine's`,
            'set the clocks (NTP); with --tick-source simulator this is how it should be',
          )
    },
  },
]

export const registerDoctor = (program: Command, context: CommandContext): void => {
  withTarget(program.command('doctor'))
    .description('checks a set-up; says what is wrong and what to do')
    .option('--json', 'the findings as one line of JSON on standard output')
    .action((options: TargetOptions & { json?: boolean }) =>
      finish(context, async () => {
        const target = targetOf(options, context)
        const findings: Finding[] = []
        for (const { name, run } of CHECKS) {
          const found = await run(target, target.dataDir ?? '').catch((error: unknown) => bad((error as Error).message, 'see above'))
          findings.push({ check: name, ...found })
          if (options.json !== true) show({ check: name, ...found })
        }
        const ok = findings.every((finding) => finding.ok)
        if (options.json === true) print(JSON.stringify({ ok, findings }))
        else print(ok ? 'all is well' : 'something is wrong')
        return ok ? 0 : 1
      }),
    )
}

const show = ({ check, ok, says, todo }: Finding): void => {
  print(`${ok ? 'ok   ' : 'WRONG'}  ${check}: ${says}`)
  if (todo !== undefined) print(`       → ${todo}`)
}
