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
import { DAY, GRID_MS, HOUR, SECOND, type Plan, type Truth } from './plan.ts'
import { createPlayer } from './player.ts'
import { registerPlan } from './register.ts'

export type DayOptions = {
  readonly plan: Plan
  readonly seed: number
  /** Midnight of the simulated day, Unix ms. */
  readonly startMs: number
  /** Simulated time ÷ real time; the run is never faster than this, and slower where the machine is. */
  readonly speed: number
  readonly say: (line: string) => void
}
export type DayResult = {
  readonly distinct: number
  /** Distinct events that the engine rejected (one sent twice counts once). */
  readonly distinctRejected: number
  readonly repeats: number
  readonly accepted: number
  readonly rejected: number
  readonly retries: number
  readonly seconds: number
}

/** A midnight in UTC+8 that lies ahead of now: the engine's clock only moves forward, and has already seen the real time. */
export const nextMidnight = (nowMs: number): number => {
  const zone = 8 * HOUR
  return Math.ceil((nowMs + zone + HOUR) / DAY) * DAY - zone
}

export const playDay = async (target: Target, { plan, seed, startMs, speed, say }: DayOptions): Promise<DayResult> => {
  const agent = createAgent(4)
  const sender = httpSender({ url: target.url, token: target.token('sender'), agent })
  const tick = async (ms: number): Promise<void> => postTick(target, startMs + ms)
  await tick(-SECOND)
  const registered = await registerPlan(target, plan, { startMs })
  say(`registered ${registered.sites} sites, ${plan.seals.length} seals, ${registered.permits} permits; the day begins at ${new Date(startMs).toISOString()}`)
  const player = createPlayer(plan, { startMs, stepMs: GRID_MS, random: seeded(seed).fork(0x9147) })
  const result = { accepted: 0, rejected: 0 }
  const rejectedOnce = new Set<string>()
  const began = performance.now()
  let told = began
  const deliver = async (): Promise<number> => {
    const { untilMs, events } = player.step()
    const batch = events.count > 0 ? encodeColumns(events) : undefined
    await tick(untilMs)
    if (batch !== undefined) {
      const receipt = await sender.send(batch)
      result.accepted += receipt.accepted
      result.rejected += receipt.rejected
      for (const { index } of receipt.rejections) rejectedOnce.add(`${events.low[index]}.${events.boot[index]}.${events.seq[index]}`)
    }
    if (performance.now() - told > 2_000) {
      told = performance.now()
      const real = (told - began) / 1000
      say(
        `${new Date(untilMs).toISOString().slice(11, 19)}  ${result.accepted + result.rejected} events sent  ${Math.round((result.accepted + result.rejected) / real)}/s  ${Math.round(untilMs / 1000 / real)} × real time`,
      )
    }
    return untilMs
  }
  for (let until = 0; until < DAY;) {
    until = await deliver()
    const ahead = until / speed - (performance.now() - began)
    if (ahead > 5) await new Promise((resolve) => setTimeout(resolve, ahead))
  }
  player.end()
  while (player.waiting() > 0) await deliver()
  const { distinct, repeats } = player.counts()
  agent.destroy()
  return { distinct, distinctRejected: rejectedOnce.size, repeats, ...result, retries: sender.retries(), seconds: (performance.now() - began) / 1000 }
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
  const sql = `SELECT id, kind, site, if(seal = 0, '', seal_id) AS seal, toUnixTimestamp64Milli(received) AS received FROM seals.alarms WHERE step = 'raised' AND received >= fromUnixTimestamp64Milli(${startMs - SECOND}) ORDER BY received, id`
  const rows = await clickhouseRows<{ id: string; kind: string; site: string; seal: string; received: string }>(target, sql)
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
            nearMiss: one.nearMiss,
            at: new Date(startMs + one.at).toISOString(),
            limitMs: one.limitMs,
            raiseFrom: new Date(startMs + one.raiseFrom).toISOString(),
            raiseUntil: new Date(startMs + one.raiseUntil).toISOString(),
            note: one.note,
          })}\n`,
      )
      .join(''),
  )
