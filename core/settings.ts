// Every setting of the engine: one table, from which flags, environment names, the config file, `--help` and the docs follow.
// Precedence: flag, environment, config file, default. A bad value is an error that names the setting and where it came from.

type SettingKind = 'text' | 'integer' | 'list'
type SettingSpec = {
  readonly kind: SettingKind
  readonly fallback: string
  readonly help: string
  readonly min?: number
  readonly max?: number
  readonly oneOf?: readonly string[]
}

const MIB = 1024 * 1024
const text = (fallback: string, help: string, oneOf?: readonly string[]): SettingSpec & { readonly kind: 'text' } => ({
  kind: 'text',
  fallback,
  help,
  ...(oneOf === undefined ? {} : { oneOf }),
})
const integer = (fallback: number, help: string, [min, max]: readonly [number, number]): SettingSpec & { readonly kind: 'integer' } => ({
  kind: 'integer',
  fallback: String(fallback),
  help,
  min,
  max,
})

export const SETTINGS = {
  data: text('./data', 'folder of the log, snapshots, credentials and the embedded ClickHouse'),
  host: text('127.0.0.1', 'address to listen on; anything but loopback exposes the engine'),
  port: integer(8080, 'port of HTTP and WebSocket; 0 takes a free one', [0, 65_535]),
  'clickhouse-url': text('', 'a ClickHouse server, http://user:password@host:8123; empty starts the embedded one'),
  'clickhouse-port': integer(8123, 'port of the embedded ClickHouse on 127.0.0.1; 0 takes a free one', [0, 65_535]),
  'tick-source': text('clock', "what moves the engine's clock; simulator: POST /v1/ticks, on loopback only", ['clock', 'simulator']),
  threads: integer(0, 'worker threads; 0 = as many as cores', [0, 256]),
  shards: integer(16, 'shards of sites; changes no output', [1, 4096]),
  'log-budget-bytes': integer(16 * 1024 * MIB, 'disk the log may use; requests get 503 before it is spent', [64 * MIB, Number.MAX_SAFE_INTEGER]),
  'log-segment-bytes': integer(256 * MIB, 'size at which the log starts a new segment; whole segments are freed', [MIB, 64 * 1024 * MIB]),
  'log-segment-age-ms': integer(3_600_000, 'age at which the log starts a new segment', [1000, 31 * 86_400_000]),
  'extent-ms': integer(1000, 'how often rows are closed into blocks for ClickHouse', [50, 60_000]),
  'extent-rows': integer(600_000, 'rows of one table at which a block is closed early; a block holds at most 1,000,000', [1000, 800_000]),
  'snapshot-ms': integer(60_000, 'how often a snapshot is written, when something changed', [1000, 86_400_000]),
  'backlog-bytes': integer(256 * MIB, 'durable entries waiting for the shards before requests get 503', [MIB, 64 * 1024 * MIB]),
  'unstored-bytes': integer(2048 * MIB, 'rows in memory that wait for ClickHouse before requests get 503; beyond a quarter they go to disk', [
    64 * MIB,
    64 * 1024 * MIB,
  ]),
  'spool-bytes': integer(32 * 1024 * MIB, 'disk that rows waiting for ClickHouse may take before requests get 503', [64 * MIB, Number.MAX_SAFE_INTEGER]),
  'webhook-retry-ms': integer(
    1000,
    'first pause before a notice is sent to a webhook again; the following are twice as long each, at most 5 minutes',
    [10, 300_000],
  ),
  'webhook-timeout-ms': integer(10_000, 'time that a webhook has to answer', [100, 120_000]),
  policy: text('', 'a JSON file with the policy (docs/policy.md); put at start where it differs from the one in force'),
  origins: { kind: 'list', fallback: '', help: 'further origins, comma-separated, whose pages may open WebSockets' },
  'log-level': text('info', 'what is written to standard error', ['fatal', 'error', 'warn', 'info', 'debug', 'silent']),
} as const satisfies Readonly<Record<string, SettingSpec>>
export type SettingName = keyof typeof SETTINGS
type ValueOf<K extends SettingName> = (typeof SETTINGS)[K]['kind'] extends 'integer'
  ? number
  : (typeof SETTINGS)[K]['kind'] extends 'list'
    ? readonly string[]
    : string
export type Settings = { readonly [K in SettingName]: ValueOf<K> }

export class SettingError extends Error {
  override readonly name = 'SettingError'
}

export const environmentName = (name: SettingName): string => `SEALSTREAM_${name.toUpperCase().replaceAll('-', '_')}`

export type SettingSources = {
  readonly flags: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly file: Readonly<Record<string, unknown>>
}

/** All settings, checked. Throws SettingError for a value out of range and for a name in the file that is no setting. */
export const resolveSettings = ({ flags, environment, file }: SettingSources): Settings => {
  for (const name of Object.keys(file)) if (!(name in SETTINGS)) throw new SettingError(`config file: ${name} is not a setting`)
  const settings: Record<string, unknown> = {}
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const spec: SettingSpec = SETTINGS[name]
    const candidates: readonly (readonly [string, unknown])[] = [
      [`--${name}`, flags[name]],
      [environmentName(name), environment[environmentName(name)]],
      [`config file: ${name}`, file[name]],
      ['default', spec.fallback],
    ]
    const [origin, raw] = candidates.find(([, value]) => value !== undefined && value !== '') ?? ['default', spec.fallback]
    settings[name] = parseValue(origin, spec, raw)
  }
  return settings as unknown as Settings
}

const parseValue = (origin: string, spec: SettingSpec, raw: unknown): string | number | readonly string[] => {
  if (typeof raw !== 'string' && typeof raw !== 'number') throw new SettingError(`${origin}: wants text or a number`)
  const given = String(raw).trim()
  switch (spec.kind) {
    case 'text':
      if (spec.oneOf !== undefined && !spec.oneOf.includes(given)) throw new SettingError(`${origin}: ${given} is not one of ${spec.oneOf.join(', ')}`)
      return given
    case 'list':
      return given === '' ? [] : given.split(',').map((item) => item.trim())
    case 'integer': {
      const value = Number(given)
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = spec
      if (given === '' || !Number.isSafeInteger(value) || value < min || value > max)
        throw new SettingError(`${origin}: ${given} is not a whole number from ${min} to ${max}`)
      return value
    }
  }
}
