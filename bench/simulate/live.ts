// A fleet in real time: the day's plan played as if it were half past eight in the morning, whatever the real hour, with an incident
// within the first ten seconds and then one every few seconds, so that whoever watches sees something happen.

import { EVENT } from '../../core/kinds.ts'
import { seeded, type Random } from '../random.ts'
import { httpSender } from '../sender.ts'
import type { Target } from '../target.ts'
import { encodeColumns } from '../wire.ts'
import { copiedActions } from './actions.ts'
import { FAULTS_LIVE } from './links.ts'
import { act, DELIVERY, finishPlan, HOUR, incident, MINUTE, SECOND, type Draft, type Plan, type Truth } from './plan.ts'
import { createPlayer } from './player.ts'
import { registerPlan } from './register.ts'

export type LiveOptions = {
  readonly plan: Plan
  readonly seed: number
  readonly durationMs: number
  readonly speed: number
  readonly now: () => number
  readonly onStep?: (told: LiveStep) => void | Promise<void>
  readonly signal?: AbortSignal
}
export type LiveStep = { readonly sent: number; readonly accepted: number; readonly rejected: number; readonly retries: number }
export type LiveResult = LiveStep & { readonly distinct: number; readonly repeats: number; readonly truth: readonly Truth[]; readonly startMs: number }

/** The hour of the plan's day at which a live run begins. */
const LIVE_FROM_MS = 8.5 * HOUR
const FIRST_INCIDENT_MS = 6 * SECOND
/** The fleet is powered up, and each seal heard, within this: less than until the first incident at the latest start. */
const POWER_UP_MS = SECOND
const INCIDENT_EVERY_MS = 12 * SECOND
const STEP_MS = SECOND
/** A plan covers one day; a live run ends with it. */
export const LIVE_MS_MAX = 15 * HOUR

/** Adds incidents of the kinds that are raised at once, each at a seal that nothing else happens to. */
export const withIncidents = (plan: Plan, random: Random, durationMs: number): Plan => {
  const draft: Draft = {
    random,
    sites: [...plan.sites],
    seals: [...plan.seals],
    permits: [...plan.permits],
    truth: [],
    actions: copiedActions(plan.actions),
    slots: new Uint32Array(plan.seals.length),
    offClock: new Set(),
  }
  const quiet = new Set(plan.seals.keys())
  for (const { site } of plan.permits) for (const seal of plan.sites[site]?.seals ?? []) quiet.delete(seal)
  const homes = random.shuffle([...quiet].filter((seal) => plan.sites[plan.seals[seal]?.site as number]?.kind === 'residence'))
  const gates = random.shuffle([...quiet].filter((seal) => plan.sites[plan.seals[seal]?.site as number]?.kind === 'gate'))
  for (let at = FIRST_INCIDENT_MS, n = 0; at < durationMs; at += INCIDENT_EVERY_MS, n++)
    addIncident(draft, { n, at: LIVE_FROM_MS + at, home: homes.pop(), gate: gates.pop() })
  return { ...finishPlan(draft), truth: [...plan.truth.filter(({ at }) => at > LIVE_FROM_MS), ...draft.truth].sort((a, b) => a.at - b.at) }
}

const addIncident = (draft: Draft, { n, at, home, gate }: { n: number; at: number; home: number | undefined; gate: number | undefined }): void => {
  if (n % 4 === 3 && gate !== undefined) {
    act(draft, { at, seal: gate, kind: EVENT.TEMPERATURE, value: draft.random.int(37_400, 39_400), delivery: DELIVERY.twice })
    incident(draft, { kind: 'fever', seal: gate, at, note: 'live' })
    return
  }
  if (home === undefined) return
  if (n % 4 === 2) {
    act(draft, { at, seal: home, kind: EVENT.TAMPERED, value: draft.random.int(1, 4), delivery: DELIVERY.twice })
    act(draft, { at: at + 2 * MINUTE, seal: home, kind: EVENT.TAMPER_RESTORED })
    incident(draft, { kind: 'tamper', seal: home, at, note: 'live' })
    return
  }
  act(draft, { at, seal: home, kind: EVENT.DOOR_OPENED, delivery: DELIVERY.twice })
  incident(draft, { kind: 'door-opened', seal: home, at, note: 'live' })
  if (n % 4 === 1) {
    act(draft, { at: at + 2 * SECOND, seal: home, kind: EVENT.PASSAGE_OUT, value: 1, delivery: DELIVERY.twice })
    incident(draft, { kind: 'passage-unpermitted', seal: home, at: at + 2 * SECOND, note: 'live' })
    act(draft, { at: at + 4 * MINUTE, seal: home, kind: EVENT.PASSAGE_IN, value: 1 })
  }
  act(draft, { at: at + 8 * SECOND, seal: home, kind: EVENT.DOOR_CLOSED, delivery: DELIVERY.prompt })
}

/** People inside each site when the play begins, from what the plan did before that. */
export const insideAt = (plan: Plan, atMs: number): ReadonlyMap<number, number> => {
  const inside = new Map(plan.sites.map((site, index) => [index, site.kind === 'residence' ? site.headcount : 0]))
  const { count, time, seal, kind, value } = plan.actions
  for (let i = 0; i < count && (time[i] as number) <= atMs; i++) {
    const people = kind[i] === EVENT.PASSAGE_IN ? (value[i] as number) : kind[i] === EVENT.PASSAGE_OUT ? -(value[i] as number) : 0
    const site = plan.seals[seal[i] as number]?.site as number
    if (people !== 0) inside.set(site, Math.max(0, (inside.get(site) ?? 0) + people))
  }
  return inside
}

export const playLive = async (target: Target, { plan: day, seed, durationMs, speed, now, onStep, signal }: LiveOptions): Promise<LiveResult> => {
  const plan = withIncidents(day, seeded(seed).fork(0x11fe, 1), durationMs)
  const sender = httpSender({ url: target.url, token: target.token('sender') })
  const startMs = now() - LIVE_FROM_MS
  await registerPlan(target, plan, { startMs, fromMs: LIVE_FROM_MS, inside: insideAt(plan, LIVE_FROM_MS) })
  // Registering took a moment; the plan's clock begins when the fleet does.
  const begin = performance.now()
  const skipped = Math.ceil((now() - LIVE_FROM_MS - startMs) / STEP_MS) * STEP_MS
  const player = createPlayer(plan, {
    startMs,
    stepMs: STEP_MS,
    fromMs: LIVE_FROM_MS + Math.max(0, Math.min(skipped, FIRST_INCIDENT_MS - STEP_MS)),
    powerUpMs: POWER_UP_MS,
    random: seeded(seed).fork(0x9147),
    faults: FAULTS_LIVE,
  })
  const told = { sent: 0, accepted: 0, rejected: 0, retries: 0 }
  const deliver = async (): Promise<void> => {
    const { events } = player.step()
    if (events.count === 0) return
    const { accepted, rejected } = await sender.send(encodeColumns(events))
    told.sent += events.count
    told.accepted += accepted
    told.rejected += rejected
    told.retries = sender.retries()
  }
  for (let step = 1; step * STEP_MS <= durationMs && signal?.aborted !== true; step++) {
    const ahead = begin + (step * STEP_MS) / speed - performance.now()
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead))
    await deliver()
    await onStep?.({ ...told })
  }
  player.end()
  while (player.waiting() > 0 && signal?.aborted !== true) await deliver()
  const { distinct, repeats } = player.counts()
  return { ...told, distinct, repeats, truth: plan.truth, startMs }
}
