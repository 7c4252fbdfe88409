import { paperOf } from './paper.ts'
import type { Scene } from './plan.ts'
import type { Work } from './desk.ts'
import type { Entry } from './oracle.ts'
import { DAY, type EventKind, HOUR, MINUTE, SECOND, type SiteWish } from './words.ts'

// Little scripts of what happens at doors, most of them a hair on either side of a limit. A scene gives happenings: what a seal senses at
// its time, and what people do. Numbers, losses and lateness are given later, over all scenes (test/oracle/history.ts).

/** What a seal senses. `raw`: clock as the seal says it, where that is wrong. */
export type Sensed = {
  readonly seal: number
  readonly time: number
  readonly kind: EventKind
  readonly value: number
  readonly wrongClock?: number
  /** Sequence numbers that pass before it, unsent; a power-up before it. */
  readonly skip?: number
  readonly reboot?: boolean
  readonly lost?: boolean
  /** Delivered so long after it was sensed, in ms. */
  readonly late?: number
  readonly toMultiple?: number
}
export type Done = Exclude<Entry, { kind: 'events' | 'tick' }>
export type Happening = Sensed | Done

export const SEALS: readonly string[] = ['a1', 'b07', 'c1f', 'd33', 'e05', 'f11', '101a', '1202', '1303'].map((id) => id.padStart(16, '0'))
/** Midnight, local time, of Thursday 1 October 2026. */
const MIDNIGHT = Date.UTC(2026, 9, 1) - 8 * HOUR
export const startOf = (minute: number): number => MIDNIGHT + minute * MINUTE

const wish = (site: string, area: string, kind: SiteWish['kind'], seals: readonly number[], start: number): SiteWish => ({
  site,
  area,
  kind,
  headcount: kind === 'residence' ? 2 : kind === 'building' ? 3 : 0,
  capacity: kind === 'building' ? 5 : null,
  inside: null,
  observation: kind === 'residence' ? { from: start - 30 * DAY, until: start + 3 * DAY } : null,
  seals: seals.map((seal) => ({ id: SEALS[seal] as string, from: null, until: null })),
})
export const SITES = (start: number): SiteWish[] => [
  wish('home-1', 'c/d/1', 'residence', [0, 1], start),
  wish('home-2', 'c/d/2', 'residence', [2], start),
  wish('home-3', 'c/d/2', 'residence', [3], start),
  wish('tower', 'c/e/1', 'building', [4, 5], start),
  wish('gate', 'c/e/2', 'gate', [6], start),
  wish('mall', 'x', 'building', [7, 8], start),
]
const HOME_OF = ['home-1', 'home-1', 'home-2', 'home-3', 'tower', 'tower', 'gate', 'mall', 'mall']

export type Stage = { readonly start: number; readonly minute: number; readonly phase: number; sites: SiteWish[] }
type Play = (scene: Scene, at: number, stage: Stage) => Happening[]

const NEAR = [-1000, -1, 0, 1, 1000, 2000]
const near = (n: number): number => NEAR[n % NEAR.length] as number
const LIMITS = [5, 15, 20, 35, 10, 40, 60].map((s) => s * SECOND)
const limit = (n: number): number => LIMITS[n % LIMITS.length] as number

const sense = (seal: number, time: number, kind: EventKind, value = 0, more: Partial<Sensed> = {}): Sensed => ({ seal, time, kind, value, ...more })
const through = (seal: number, time: number, n: number): Sensed => sense(seal, time, n % 2 === 0 ? 'PASSAGE_IN' : 'PASSAGE_OUT', [1, 1, 0, 2, 3][n % 5] ?? 1)
const permit = (at: number, site: string, from: number, until: number, openings: number | null): Done => ({
  kind: 'permit',
  at,
  permit: { site, from, until, openings, weekly: null },
})

const PLAYS: Readonly<Record<Scene['kind'], Play>> = {
  door: ({ who, a, b, c }, at) => [
    sense(who, at, 'DOOR_OPENED', 0, { lost: c % 11 === 0 }),
    ...(b % 3 === 0 ? [through(who, at + 1000 + (b % 4000), c)] : []),
    sense(who, at + limit(a) + near(b), 'DOOR_CLOSED', 0, { lost: c % 7 === 0 }),
    ...(b % 5 === 0 ? [through(who, at + limit(a) + near(b) + 2500 + (c % 1500), b)] : []),
  ],
  visit: ({ who, a, b, c }, at) => {
    const site = HOME_OF[who] as string
    const until = at + limit(a) + 10_000
    return [
      permit(at - (b % 3) * 1000, site, at - 1000 + near(c), until, c % 3 === 0 ? null : c % 3),
      sense(who, at, 'DOOR_OPENED'),
      sense(who, at + 1500, 'PASSAGE_IN', 1 + (a % 2)),
      sense(who, at + 4000, 'DOOR_CLOSED'),
      ...(b % 2 === 0 ? [sense(who, until + near(a) - 4000, 'DOOR_OPENED'), sense(who, until + near(a), 'PASSAGE_OUT', 1 + (a % 2))] : []),
    ]
  },
  crowd: ({ who, a, b, c }, at) => Array.from({ length: 1 + (a % 6) }, (_, n) => through(who, at + n * (1 + (b % 900)), c % 3 === 0 ? c + n : c % 2)),
  flaps: ({ who, a, b, c }, at) => {
    const kinds: readonly EventKind[] = [
      ['DOOR_OPENED', 'DOOR_CLOSED'],
      ['BEAM_BLOCKED', 'BEAM_CLEARED'],
      ['TAMPERED', 'TAMPER_RESTORED'],
    ][c % 3] as readonly EventKind[]
    return Array.from({ length: 3 + (a % 5) }, (_, n) =>
      sense(who, at + n * (100 + (b % 2900)), kinds[n % 2] as EventKind, kinds[0] === 'TAMPERED' ? 1 + (n % 3) : 0),
    )
  },
  tamper: ({ who, a, b, c }, at) => [
    sense(who, at, 'TAMPERED', b % 4),
    ...(a % 3 === 0 ? [sense(who, at + (c % 1500), 'TAMPERED', 1 + (c % 3))] : []),
    ...(a % 4 === 0 ? [] : [sense(who, at + (b % 2 === 0 ? c % 900 : limit(b)), 'TAMPER_RESTORED')]),
    ...(a % 5 === 0 ? [sense(who, at + (c % 2000) + 5, 'TAMPERED', 2)] : []),
  ],
  beam: ({ who, a, b, c }, at) => [
    sense(who, at, 'BEAM_BLOCKED'),
    ...(b % 3 === 0 ? [through(who, at + (c % 2 === 0 ? 0 : near(b)), c)] : []),
    ...(a % 4 === 0 ? [] : [sense(who, at + 15_000 + near(a) * (c % 3), 'BEAM_CLEARED')]),
  ],
  battery: ({ who, a, b, c }, at) =>
    Array.from({ length: 1 + (a % 4) }, (_, n) =>
      sense(who, at + n * (b % 2500), 'HEARTBEAT', [2999, 3000, 3099, 3100, 0, 2900, 3500][(c + n * a) % 7] ?? 3000),
    ),
  decline: ({ who, a, b, c }, at) => {
    const count = 46 + (a % 5)
    const days = 8 + (b % 12)
    const fall = [0, 60, 120, 200, 350][c % 5] ?? 0
    const from = 2850 + (b % 400)
    const block = Math.floor(at / (14 * DAY)) * 14 * DAY
    const end = c % 4 === 0 ? block - (a % 3) * HOUR : at - 5000
    // Now and then the battery is changed afterwards, and the line fits no more.
    const changed = a % 3 === 0 ? [20_000, 40_000].map((later) => sense(who, at + later, 'HEARTBEAT', 60_000, { toMultiple: 16 })) : []
    const declining = Array.from({ length: count }, (_, n) =>
      sense(
        who,
        Math.floor(end - ((count - 1 - n) * days * DAY) / count),
        'HEARTBEAT',
        from + fall - Math.round((n * fall) / count) + ((n * 7 + a) % (1 + (b % 40))),
        {
          toMultiple: 16,
          late: at - Math.floor(end - ((count - 1 - n) * days * DAY) / count) + (count - n),
        },
      ),
    )
    return [...declining, ...changed]
  },
  gap: ({ who, a, b, c }, at) => [
    sense(who, at, 'HEARTBEAT', 3300),
    sense(who, at + 1000, 'HEARTBEAT', 3300, { skip: a % 6 }),
    sense(who, at + 2000 + (c % 2) * 61_000, 'HEARTBEAT', 3300, { skip: b % 5 }),
    sense(who, at + 62_000, 'HEARTBEAT', 3300),
    ...(c % 3 === 0 ? [sense(who, at + 125_000, 'HEARTBEAT', 3300, { skip: c % 140 })] : []),
    ...(a % 2 === 0
      ? [sense(who, at + 130_000, 'HEARTBEAT', 3300), sense(who, at + 190_000, 'HEARTBEAT', 3300), sense(who, at + 260_000, 'HEARTBEAT', 3300)]
      : []),
  ],
  clock: ({ who, a, b, c }, at) => [
    sense(who, at, b % 2 === 0 ? 'HEARTBEAT' : 'DOOR_OPENED', 3300, { wrongClock: a % 3 === 0 ? 0 : at + 2 * MINUTE + near(a) }),
    ...(c % 3 === 0 ? [sense(who, at + (c % 1200), 'PASSAGE_IN', 1, { wrongClock: a % 2 === 0 ? 0 : at + DAY })] : []),
    ...(c % 4 === 0 ? [] : [sense(who, at + (b % 1500), 'HEARTBEAT', 3300)]),
    ...(c % 5 === 0 ? [sense(who, at + (b % 1500) + 300, 'HEARTBEAT', 3300, { wrongClock: 0 })] : []),
  ],
  readings: ({ a, b, c }, at) =>
    Array.from({ length: 2 + (a % 6) }, (_, n) =>
      sense(
        6,
        at + n * (500 + (b % 1500)) - (b % 4 === 0 ? HOUR : 0),
        'TEMPERATURE',
        n === 4 + (c % 2) ? 37_299 + (c % 3) : ([36_400, 36_700, 36_701, 37_100, 37_101, 36_050, 37_299][(c + (n % 2) * (a % 3)) % 7] ?? 36_400),
        {
          late: b % 4 === 0 ? HOUR + (n % 2) * 2000 : 0,
        },
      ),
    ),
  rollCall: ({ who, a, b, c }, at) => [
    sense(who, at, 'ROLL_CALL', a % 6, { late: b % 3 === 0 ? (c % 30) * SECOND : 0 }),
    ...(b % 7 === 0 ? [sense(who, at, 'ROLL_CALL', b % 5)] : []),
  ],
  /** People counted wrongly by the hundred, so that what is learnt of it shows after a few passages. */
  bias: ({ who, a, b, c }, at) => [
    sense(who, at, 'ROLL_CALL', b % 4),
    ...Array.from({ length: 1 + (a % 3) }, (_, n) => through(who, at + 500 + n * 300, b + n)),
    sense(who, at + 2000, 'ROLL_CALL', c % 2 === 0 ? 0 : 90 + (c % 300), { late: a % 4 === 0 ? 4000 : 0 }),
    ...Array.from({ length: 1 + (c % 4) }, (_, n) => through(who, at + 3000 + n * 200, c + n)),
    ...(a % 2 === 0
      ? [sense(who, at + 5000, 'PASSAGE_IN', 60 + (b % 200)), sense(who, at + 6000, 'ROLL_CALL', b % 3), sense(who, at + 7000, 'PASSAGE_IN', 1)]
      : []),
  ],
  counter: ({ who, a, b, c }, at) => [
    ...(a % 2 === 0 ? [sense(who, at - 1000, 'COUNTER')] : []),
    ...Array.from({ length: a % 6 }, (_, n) => ({ ...through(who, at + n * 300, b + n * (c % 2)), lost: (c >> n) % 2 === 0 })),
    sense(who, at + 3000, 'COUNTER', c % 23 === 0 ? -1 : 0, { late: b % 4 === 0 ? (c % 20) * SECOND : 0 }),
    ...(b % 3 === 0 ? [{ ...through(who, at + 3500, c), lost: c % 2 === 0 }, sense(who, at + 4000, 'COUNTER')] : []),
  ],
  reboot: ({ who, a, b }, at) => [
    sense(who, at, b % 2 === 0 ? 'HEARTBEAT' : 'COUNTER', 3300, { reboot: true }),
    ...(a % 2 === 0 ? [through(who, at + 1000, b)] : []),
  ],
  silence: ({ who, a }, at) => [
    sense(who, at, 'HEARTBEAT', 3300),
    sense(who, at + ([60_000, 20_000, 59_999, 60_001, 61_000][a % 5] as number), 'HEARTBEAT', 3300),
  ],
  again: () => [],
  figures: ({ who, a, b }, at, stage) =>
    change(stage, at, HOME_OF[who] as string, { headcount: [-1, 0, 1, 2, 3, 4][a % 6] as number, capacity: [null, 0, 2, 3, 5][b % 5] as number | null }),
  area: ({ who, a }, at, stage) => change(stage, at, HOME_OF[who] as string, { area: ['c/d/1', 'c/d/2', 'c/e/1', 'x/y'][a % 4] as string }),
  move: ({ who, a }, at, stage) => moveSeal(stage, at, who, HOME_OF[(who + 1 + a) % HOME_OF.length] as string),
  observation: ({ who, a, b, c }, at, stage) => {
    const site = HOME_OF[who % 4] as string
    const until = at + limit(a) + near(b)
    const visit = [permit(at + 35_000, site, at + 30_000, at + 90_000, 1), sense(who % 4, at + 50_000, 'DOOR_OPENED')]
    if (c % 3 === 0)
      return [{ kind: 'end', at, site, until: b % 2 === 0 ? null : until }, ...visit, ...(a % 2 === 0 ? change(stage, at + 40_000, site, {}) : [])]
    return [
      ...change(stage, at, site, { observation: { from: stage.start - 30 * DAY, until } }),
      ...(b % 2 === 0 ? change(stage, at + limit(a) + 20_000, site, { observation: { from: stage.start - 30 * DAY, until: at + DAY } }) : []),
    ]
  },
  policy: ({ a, b }, at, { minute }) => [{ kind: 'policy', at, paper: paperOf(a * 1000 + b, minute) }],
  work: ({ a, b, c }, at) => [
    { kind: 'work', at, pick: a, work: workOf(b, c, at) },
    ...(b % 4 === 0 ? [{ kind: 'work', at: at + 700, pick: a, work: workOf(c, b, at) } as const] : []),
  ],
  weekly: ({ who, a, b, c }, at, { minute }) => {
    const from = Math.max(0, Math.min(1438, minute + (a % 4) - 1))
    const until = Math.min(1440, from + 1 + (b % 3))
    const weekly = { days: b % 4 === 0 ? [3, 4] : c % 5 === 0 ? [2] : [0, 1, 2, 3, 4, 5, 6], from, until }
    return [
      {
        kind: 'permit',
        at,
        permit: { site: HOME_OF[who] as string, from: at - (c % 3) * 5 * DAY, until: at + 2 * DAY, openings: [null, 1, 2][c % 3] as number | null, weekly },
      },
      sense(who, at + 5000, 'DOOR_OPENED'),
      sense(who, at + 6500, 'PASSAGE_IN', 1),
      ...(a % 2 === 0 ? [sense(who, at + 9000, 'DOOR_CLOSED'), sense(who, at + 60_000 + (c % 60) * 1000, 'DOOR_OPENED')] : []),
      // Openings of the days before, sent late: each day has openings of its own, up to a week behind the newest.
      ...Array.from({ length: c % 4 }, (_, n) => (1 + n * (1 + (b % 4))) * DAY).map((ago) =>
        sense(who, at + 6000 - ago, 'DOOR_OPENED', 0, { late: ago + (a % 3) * 2000 }),
      ),
    ]
  },
  revoke: ({ a }, at) => [{ kind: 'revoke', at, permitNo: 1 + (a % 4) }],
  backfill: ({ who, a, b, c }, at) => {
    const age = [25 * HOUR, DAY + 1000, DAY - 1000, 2 * HOUR, 30 * SECOND][a % 5] as number
    const start = at - age
    const events = [
      sense(who, start, 'DOOR_OPENED'),
      through(who, start + 1500, b),
      sense(who, start + limit(b) + near(c), 'DOOR_CLOSED'),
      sense(who, start + limit(b) + 9000, c % 2 === 0 ? 'TAMPERED' : 'HEARTBEAT', 2),
      sense(who, start + limit(b) + 12_000, c % 2 === 0 ? 'TAMPER_RESTORED' : 'HEARTBEAT', 2950),
    ]
    // Newest first, as a full buffer is sent, or in order.
    return events.map((event, n) => ({ ...event, late: at - event.time + (b % 2 === 0 ? 10 - n : n) * 50 }))
  },
  window: ({ who, a, b, c }, at) => [
    sense(who, at, 'HEARTBEAT', 3300, { late: 6000 + near(c) }),
    sense(who, at + 1000, 'HEARTBEAT', 3300, { skip: 1021 + (a % 6) }),
    ...(b % 2 === 0 ? [through(who, at + 2000, c)] : []),
  ],
  shut: ({ who, a, b, c }, at) => [
    sense(who, at, 'DOOR_CLOSED'),
    ...Array.from({ length: 1 + (a % 3) }, (_, n) => ({
      ...through(who, at + 3000 + near(b) + n * 700, a % 2 === 0 ? n : c),
      ...(c % 4 === 0 && n === 0 ? { skip: c % 3 } : {}),
    })),
  ],
  blind: ({ who, a, b, c }, at) => [
    through(who, at - 4000, c),
    ...Array.from({ length: 1 + (a % 5) }, (_, n) => [
      sense(who, at + n * 2000 + (b % 2) * near(c), 'DOOR_OPENED'),
      sense(who, at + n * 2000 + 900, 'DOOR_CLOSED', 0, { lost: b % 5 === 0 }),
    ]).flat(),
  ],
  /** Several seals of an area speak once and are silent afterwards. */
  silences: ({ a, b }, at) =>
    [0, 1, 2, 3, 4, 5].filter((seal) => (a >> seal) % 2 === 0).map((seal) => sense(seal, at + ((b * (seal + 1)) % 3000), 'HEARTBEAT', 3300)),
  night: ({ a, b, c }, at, { start }) => [
    through(4 + (a % 2), at, b),
    ...Array.from({ length: b % 4 }, (_, n) => through(4, at + n * 800, c + n)),
    ...(c % 3 === 0 ? [through(5, start + 4 * MINUTE + near(c) - (a % 3) * MINUTE, a)] : []),
  ],
  /** Doors about closing time, some of whose openings are heard of only after it. */
  closing: ({ who, a, b, c }, _at, { start }) => {
    const closes = start + ([2, 4, 5][a % 3] as number) * MINUTE
    const door = 4 + (who % 2)
    return [
      sense(door, closes - 20_000 + near(b), 'DOOR_OPENED', 0, { late: b % 3 === 0 ? 25_000 + (c % 40) * SECOND : 0 }),
      ...(c % 2 === 0 ? [sense(9 - door, closes - 3000 + near(c) * 3, 'DOOR_OPENED', 0, { late: (a % 30) * SECOND })] : []),
      ...(c % 3 === 0 ? [sense(door, closes + 45_000 + near(a), 'DOOR_CLOSED')] : []),
      ...(b % 4 === 0 ? [sense(door, closes + 60_000, 'DOOR_OPENED')] : []),
    ]
  },
  /** A door's day, heard of at once, in any order and with holes. */
  pairs: ({ who, a, b, c }, at) =>
    Array.from({ length: 3 + (a % 5) }, (_, n) => {
      const time = at - 90_000 + n * limit(b + (n % 2)) + near(c + n)
      const order = [n, -n, (n * 5) % 7][c % 3] as number
      return sense(who, time, n % 2 === 0 ? 'DOOR_OPENED' : 'DOOR_CLOSED', 0, { late: Math.max(0, at - time) + 1000 + order * 40, lost: (b >> n) % 5 === 0 })
    }),
  fevers: ({ a, b, c }, at) =>
    Array.from({ length: a % 8 === 0 ? 15 + (b % 5) : 1 + (b % 3) }, (_, n) =>
      sense(6, at + n * 5, 'TEMPERATURE', 37_300 + ((c + n) % 2) - (c % 4 === 0 ? 1 : 0)),
    ),
}

const workOf = (b: number, c: number, at: number): Work => {
  const by = b % 2 === 0 ? 'Lin' : 'Chen'
  const kinds: readonly Work[] = [
    { op: 'acknowledge', by },
    { op: 'acknowledge', by },
    { op: 'assign', by, to: c % 7 === 0 ? '' : 'night shift' },
    { op: 'shelve', by, until: c % 9 === 0 ? at - 1 : at + limit(c) + near(b) },
    { op: 'clear', by, note: c % 5 === 0 ? '' : 'seen' },
  ]
  return kinds[b % kinds.length] as Work
}
const change = (stage: Stage, at: number, site: string, over: Partial<SiteWish>): Done[] => {
  stage.sites = stage.sites.map((one) => (one.site === site ? { ...one, ...over } : one))
  return [{ kind: 'sites', at, sites: stage.sites.filter((one) => one.site === site) }]
}
const moveSeal = (stage: Stage, at: number, seal: number, to: string): Done[] => {
  const id = SEALS[seal] as string
  const before = stage.sites.find(({ seals }) => seals.some((one) => one.id === id))
  if (before === undefined || before.site === to) return []
  stage.sites = stage.sites.map((one) => {
    if (one.site === to) return { ...one, seals: [...one.seals, { id, from: null, until: null }] }
    return one === before ? { ...one, seals: one.seals.filter((other) => other.id !== id) } : one
  })
  return [{ kind: 'sites', at, sites: stage.sites.filter(({ site }) => site === to) }]
}

/** Half of the scenes begin on a tick, so that what is due after whole seconds is due on one, too. */
const beginOf = ({ at, a, b }: Scene, { start, phase }: Stage): number => start + 1000 + at * SECOND + (b % 2 === 0 ? phase : a % 1000)
/** All that happens, scene by scene in the order of their beginnings. */
export const playScenes = (scenes: readonly Scene[], stage: Stage): Happening[] =>
  scenes.toSorted((a, b) => a.at - b.at).flatMap((scene) => PLAYS[scene.kind](scene, beginOf(scene, stage), stage))
