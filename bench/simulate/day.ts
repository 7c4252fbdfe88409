// Plays a simulated day against an engine whose clock we drive (--tick-source simulator). Order of a step that ends at T: the
// tick of T, then what happened in (T − step, T]. So what is prompt is received with the clock of its own second, and what resolves
// a near miss at T is known before the next tick.

import { writeFileSync } from 'node:fs'
import { seeded } from '../random.ts'
import { call, clickhouseRows, createAgent, problemText } from '../http.ts'
import { httpSender } from '../sender.ts'
import { CommandError, type Target } from '../target.ts'
import { encodeColumns } from '../wire.ts'
import type { Raised } from './check.ts'
import { DAY, HOUR, SECOND, type Plan, type Truth } from './plan.ts'
import { createPlayer, type Player } from './player.ts'
import { declarePermits, registerPlan } from './register.ts'
import { GRID_MS } from './slots.ts'

export type DayOptions = {
  readonly plan: Plan
  readonly seed: number
  /** Midnight of the simulated day, Unix ms. */
  readonly startMs: number
  /** Simulated time ÷ real time; the run is never faster than this, and slower where the machine is. */
  readonly speed: number
  readonly say: (line: string) => void
  /** How much of the day is played; without it all. */
  readonly lastMs?: number
}
export type DayResult = {
  readonly distinct: number
  /** Distinct events that the engine rejected (one sent twice counts once). */
  readonly distinctRejected: number
  readonly repeats: number
  readonly late: number
  readonly lost: number
  readonly backfilled: number
  readonly accepted: number
  readonly rejected: number
  readonly retries: number
  readonly seconds: number
  /** By site, people in minus out as its devices sensed them: what the raw count must come to, over what was inside at first. */
  readonly net: Int32Array
}

/** A midnight in UTC+8 that lies ahead of now: the engine's clock only moves forward, and has already seen the real time. */
export const nextMidnight = (nowMs: number): number => {
  const zone = 8 * HOUR
  return Math.ceil((nowMs + zone + HOUR) / DAY) * DAY - zone
}

export const playDay = async (target: Target, { plan, seed, startMs, speed, say, lastMs = DAY }: DayOptions): Promise<DayResult> => {
  const agent = createAgent(4)
  const sender = httpSender({ url: target.url, token: target.token('sender'), agent })
  const tick = async (ms: number): Promise<void> => postTick(target, startMs + ms)
  await tick(-SECOND)
  const registered = await registerPlan(target, plan, { startMs })
  say(`registered ${registered.sites} sites, ${plan.seals.length} seals, ${registered.permits} permits; the day begins at ${new Date(startMs).toISOString()}`)
  const player = createPlayer(plan, { startMs, stepMs: GRID_MS, random: seeded(seed).fork(0x9147) })
  const declare = declarePermits(target, plan, startMs)
  const result = { accepted: 0, rejected: 0 }
  const rejectedOnce = new Set<string>()
  const acceptedOnce = new Set<string>()
  const began = performance.now()
  const tell = progress(say, began)
  const deliver = async ({ untilMs, batch, keyOf, ending }: Prepared): Promise<void> => {
    await declare(untilMs)
    await tick(untilMs)
    if (batch === undefined) return
    const receipt = await sender.send(batch)
    result.accepted += receipt.accepted
    result.rejected += receipt.rejected
    const refused = new Set(receipt.rejections.map(({ index }) => index))
    for (const index of refused) rejectedOnce.add(keyOf(index))
    for (const index of ending) if (!refused.has(index)) acceptedOnce.add(keyOf(index))
  }
  // While the engine takes one step, the next one is made.
  const ends = endingSeals(plan)
  let ahead = prepare(player, ends)
  const step = async (): Promise<number> => {
    const { untilMs } = ahead
    const delivered = deliver(ahead)
    ahead = prepare(player, ends)
    await delivered
    tell(untilMs, result.accepted + result.rejected)
    return untilMs
  }
  for (let until = 0; until < lastMs - GRID_MS;) {
    until = await step()
    const early = until / speed - (performance.now() - began)
    if (early > 5) await new Promise((resolve) => setTimeout(resolve, early))
  }
  // The day's last step is made; what is left in links and devices follows.
  player.end()
  await step()
  while (player.waiting() > 0) await step()
  await step()
  agent.destroy()
  return {
    ...player.counts(),
    net: player.net(),
    distinctRejected: [...rejectedOnce].filter((key) => !acceptedOnce.has(key)).length,
    ...result,
    retries: sender.retries(),
    seconds: (performance.now() - began) / 1000,
  }
}

type Prepared = {
  readonly untilMs: number
  readonly batch: Uint8Array | undefined
  readonly keyOf: (index: number) => string
  /** Events of seals whose observation ends today: one sent twice may be accepted first and rejected then. */
  readonly ending: readonly number[]
}
/** By the low half of their ids. */
const endingSeals = ({ seals, sites }: Plan): ReadonlySet<number> =>
  new Set(seals.flatMap(({ low, site }) => (sites[site]?.observedUntil === undefined ? [] : [low])))
/** A step as bytes, and what names its events: the player's arrays are used again before its receipt is here. */
const prepare = (player: Player, ends: ReadonlySet<number>): Prepared => {
  const { untilMs, events } = player.step()
  const { count } = events
  if (count === 0) return { untilMs, batch: undefined, keyOf: () => '', ending: [] }
  const [low, boot, seq] = [events.low.slice(0, count), events.boot.slice(0, count), events.seq.slice(0, count)]
  const ending: number[] = []
  for (let i = 0; i < count; i++) if (ends.has(low[i] as number)) ending.push(i)
  return { untilMs, batch: encodeColumns(events), keyOf: (index) => `${low[index]}.${boot[index]}.${seq[index]}`, ending }
}

const PROGRESS_MS = 2_000
const progress = (say: (line: string) => void, began: number): ((untilMs: number, sent: number) => void) => {
  let told = began
  return (untilMs, sent) => {
    const at = performance.now()
    if (at - told < PROGRESS_MS) return
    told = at
    const real = (at - began) / 1000
    say(`${new Date(untilMs).toISOString().slice(11, 19)}  ${sent} events sent  ${Math.round(sent / real)}/s  ${Math.round(untilMs / 1000 / real)} × real time`)
  }
}

const postTick = async (target: Target, now: number): Promise<void> => {
  const headers = { authorization: `Bearer ${target.token('admin')}`, 'content-type': 'application/json' }
  const reply = await call({ method: 'POST', url: `${target.url}/v1/ticks`, headers, body: JSON.stringify({ now }) })
  if (reply.status >= 200 && reply.status < 300) return
  const text = reply.body.toString('utf8')
  let value: unknown = text
  try {
    value = JSON.parse(text)
  } catch {
    // Said as it is.
  }
  throw new CommandError(`/v1/ticks: ${problemText({ status: reply.status, value })}`)
}

/** How long nothing may change before the sink counts as stuck. */
const SETTLE_MS_MAX = 60_000

/** Waits until everything that was accepted stands in ClickHouse; answers how many rows of `events` there are. */
export const settle = async (target: Target, expected: number, startMs: number): Promise<number> => {
  let rows = -1
  let changed = performance.now()
  while (performance.now() - changed < SETTLE_MS_MAX) {
    const [answer] = await clickhouseRows<{ n: string }>(
      target,
      `SELECT count() AS n FROM seals.events WHERE received >= fromUnixTimestamp64Milli(${startMs - SECOND})`,
    )
    const now = Number(answer?.n ?? 0)
    if (now !== rows) changed = performance.now()
    rows = now
    if (rows >= expected && performance.now() - changed > 2_500) return rows
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return rows
}

/** Alarms raised since the day began, by the engine's clock. */
export const raisedAlarms = async (target: Target, startMs: number): Promise<readonly Raised[]> => {
  const sql = `SELECT id, kind, site, area, severity, if(seal = 0, '', seal_id) AS seal, toUnixTimestamp64Milli(received) AS received FROM seals.alarms WHERE step = 'raised' AND received >= fromUnixTimestamp64Milli(${startMs - SECOND}) ORDER BY received, id`
  const rows = await clickhouseRows<Omit<Raised, 'received'> & { readonly received: string }>(target, sql)
  return rows.map((row) => ({ ...row, received: Number(row.received) - startMs }))
}

export const writeTruth = (path: string, truth: readonly Truth[], startMs: number): void =>
  writeFileSync(
    path,
    truth
      .map(
        (one) =>
          `${JSON.stringify({
            kind: one.kind,
            site: one.site,
            seal: one.seal,
            area: one.area,
            nearMiss: one.nearMiss,
            at: new Date(startMs + one.at).toISOString(),
            limitMs: one.limitMs,
            raiseFrom: new Date(startMs + one.raiseFrom).toISOString(),
            raiseUntil: new Date(startMs + one.raiseUntil).toISOString(),
            severity: one.severity,
            note: one.note,
          })}\n`,
      )
      .join(''),
  )
