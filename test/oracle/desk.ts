import { figuresOf } from './figures.ts'
import { figuresFor, type Saying, type Site, type Watch, type World } from './world.ts'
import { ALARMS, DAY, type AlarmKind, type Severity, SEVERITIES } from './words.ts'

// The alarm's whole life, from what the detectors say and what people do (the contract's table of keys and its two sides). Every step is a
// line of text under its alarm's key; only one alarm is open under a key. Ids are the engine's own; here an alarm is the n-th of its key.

export type Alarm = {
  readonly key: string
  readonly nth: number
  readonly kind: AlarmKind
  readonly site: Site | null
  readonly seal: string
  area: string
  readonly severityOwn: Severity
  severity: Severity
  waitingSince: number
  escalation: number
  active: boolean
  acknowledged: boolean
  shelvedUntil: number | null
  repeats: number
  value: number
  closedAt: number | null
  holdUntil: number
  /** Of an outage: the first of the ticks, without a break, at which too few were silent. */
  lowSince?: number | undefined
}
export type Line = { readonly key: string; readonly nth: number; readonly received: number; readonly step: string; readonly text: string }
export type Desk = {
  readonly world: World
  /** Of each key all its alarms, oldest first. */
  readonly byKey: Map<string, Alarm[]>
  readonly lines: Line[]
}
export const newDesk = (world: World): Desk => ({ world, byKey: new Map(), lines: [] })

const ownName = ({ kind, site, seal, boot, seq }: Saying): string => {
  const { about } = ALARMS[kind]
  if (about === 'seal') return `${kind} ${seal?.id}`
  return about === 'event' ? `${kind} ${seal?.id} ${boot} ${seq}` : `${kind} ${site.name}`
}
export const openAlarm = ({ byKey }: Desk, key: string): Alarm | undefined => byKey.get(key)?.find(({ closedAt }) => closedAt === null)
export const openAlarms = ({ byKey }: Desk): Alarm[] => [...byKey.values()].flat().filter(({ closedAt }) => closedAt === null)

type At = { readonly time: number; readonly by?: string }
/** A step's line: what was done, how severe it is now, how often it was reported, when (event time), and by whom. */
export const lineText = (step: string, alarm: { readonly severity: string; readonly repeats: number; readonly value: number }, { time, by = '' }: At): string =>
  `${step} ${alarm.severity} repeats ${alarm.repeats} value ${alarm.value} at ${time} by ${by}`
const step = ({ lines, world }: Desk, name: string, alarm: Alarm, at: At): void =>
  void lines.push({ key: alarm.key, nth: alarm.nth, received: world.now, step: name, text: lineText(name, alarm, at) })

const severityOf = ({ world }: Desk, kind: AlarmKind, site: Site | null): Severity | 'off' =>
  (site === null ? fleetWide(world) : figuresFor(world, site)).severity[kind] ?? ALARMS[kind].severity
/** What belongs to no site goes by the figures that a gate in no area would have. */
const fleetWide = (world: World): ReturnType<typeof figuresOf> => figuresOf(world.paper, { kind: 'gate', area: '', site: '' })
const lowered = (own: Severity, level: number): Severity => SEVERITIES[Math.min(SEVERITIES.indexOf(own) + level, 3)] as Severity
const figuresOfAlarm = ({ world }: Desk, { site }: Alarm): ReturnType<typeof figuresOf> => (site === null ? fleetWide(world) : figuresFor(world, site))

export const hear = (desk: Desk, saying: Saying): void => {
  const isArea = ALARMS[saying.kind].about === 'area'
  if (!isArea && saying.site.ended) return
  const key = ownName(saying)
  const alarm = openAlarm(desk, key)
  const personCloses = ALARMS[saying.kind].personCloses
  if (alarm === undefined) {
    if (saying.state === 'began') begin(desk, key, saying)
    else if (saying.state === 'momentary') moment(desk, key, saying, 0)
    else if (saying.state === 'again' && personCloses) moment(desk, key, { ...saying, value: 0 }, Math.max(0, saying.value - 1))
    return
  }
  if (saying.state === 'began' && !alarm.active) return back(desk, alarm, saying)
  if (saying.state === 'began' || saying.state === 'momentary') return repeat(desk, alarm, saying, 1)
  if (saying.state === 'again') return repeat(desk, alarm, saying, saying.value)
  if (!alarm.active) return
  if (saying.state === 'level') changeLevel(desk, alarm, saying)
  else end(desk, alarm, saying)
}

const raise = (desk: Desk, key: string, saying: Saying, repeats: number): Alarm | undefined => {
  const site = ALARMS[saying.kind].about === 'area' ? null : saying.site
  const severity = severityOf(desk, saying.kind, site)
  if (severity === 'off') return undefined
  const all = desk.byKey.get(key) ?? []
  desk.byKey.set(key, all)
  const alarm: Alarm = {
    key,
    nth: all.length + 1,
    kind: saying.kind,
    site,
    seal: saying.seal?.id ?? '',
    area: saying.site.area,
    severityOwn: severity,
    severity: lowered(severity, saying.level),
    waitingSince: desk.world.now,
    escalation: 0,
    active: true,
    acknowledged: false,
    shelvedUntil: null,
    repeats,
    value: saying.value,
    closedAt: null,
    holdUntil: 0,
  }
  all.push(alarm)
  step(desk, 'raised', alarm, saying)
  return alarm
}
const begin = (desk: Desk, key: string, saying: Saying): void => {
  const site = ALARMS[saying.kind].about === 'area' ? null : saying.site
  const last = desk.byKey.get(key)?.findLast(({ holdUntil }) => holdUntil > 0)
  if (severityOf(desk, saying.kind, site) === 'off') return
  if (last === undefined || last.holdUntil <= desk.world.now || last.site !== site) return void raise(desk, key, saying, 0)
  last.closedAt = null
  last.holdUntil = 0
  last.lowSince = undefined
  last.area = saying.site.area
  back(desk, last, saying)
}
const moment = (desk: Desk, key: string, saying: Saying, repeats: number): void => {
  const alarm = raise(desk, key, saying, repeats)
  if (alarm !== undefined) end(desk, alarm, saying)
}
const back = (desk: Desk, alarm: Alarm, saying: Saying): void => {
  alarm.active = true
  alarm.repeats += 1
  alarm.value = saying.value
  step(desk, 'condition-back', alarm, saying)
  changeLevel(desk, alarm, saying)
}
const repeat = (desk: Desk, alarm: Alarm, saying: Saying, count: number): void => {
  alarm.repeats += count
  if (saying.state !== 'again') alarm.value = saying.value
  step(desk, 'repeated', alarm, saying)
}
const changeLevel = (desk: Desk, alarm: Alarm, saying: Saying): void => {
  const before = SEVERITIES.indexOf(alarm.severity)
  alarm.value = saying.value
  alarm.severity = lowered(alarm.severityOwn, saying.level)
  const after = SEVERITIES.indexOf(alarm.severity)
  if (after !== before) step(desk, after < before ? 'escalated' : 'eased', alarm, saying)
}
const end = (desk: Desk, alarm: Alarm, saying: Saying): void => {
  alarm.active = false
  step(desk, 'condition-gone', alarm, saying)
  const { personCloses } = ALARMS[alarm.kind]
  if (!personCloses) close(desk, alarm, saying, true)
  else if (alarm.acknowledged) close(desk, alarm, saying, false)
}
const close = (desk: Desk, alarm: Alarm, at: At, byCondition: boolean): void => {
  alarm.closedAt = desk.world.now
  alarm.shelvedUntil = null
  alarm.holdUntil = byCondition ? desk.world.now + figuresOfAlarm(desk, alarm).holdDownMs : 0
  step(desk, 'closed', alarm, { time: at.time, ...(at.by === undefined ? {} : { by: at.by }) })
}

export const clearBySystem = (desk: Desk, isMeant: (alarm: Alarm) => boolean): void => {
  for (const alarm of openAlarms(desk).filter(isMeant)) {
    const at = { time: desk.world.now, by: 'system' }
    alarm.active = false
    step(desk, 'cleared', alarm, at)
    close(desk, alarm, at, false)
  }
}
export const clearSite = (desk: Desk, site: Site): void => clearBySystem(desk, (alarm) => alarm.site === site)
export const clearWatch = (desk: Desk, { seal, site }: Watch): void => clearBySystem(desk, (alarm) => alarm.site === site && alarm.seal === seal.id)
export const clearSilenced = (desk: Desk): void => clearBySystem(desk, (alarm) => severityOf(desk, alarm.kind, alarm.site) === 'off')

export type Work =
  | { readonly op: 'acknowledge'; readonly by: string }
  | { readonly op: 'assign'; readonly by: string; readonly to: string }
  | { readonly op: 'shelve'; readonly by: string; readonly until: number }
  | { readonly op: 'clear'; readonly by: string; readonly note: string }

const SHELVE_MAX = DAY
export const work = (desk: Desk, alarm: Alarm, wish: Work): void => {
  const { now } = desk.world
  const at = { time: now, by: wish.by }
  if (alarm.closedAt !== null) return
  if (wish.op === 'acknowledge' && !alarm.acknowledged) {
    alarm.acknowledged = true
    step(desk, 'acknowledged', alarm, at)
    if (!alarm.active) close(desk, alarm, at, false)
  } else if (wish.op === 'assign' && wish.to !== '') step(desk, 'assigned', alarm, at)
  else if (wish.op === 'shelve' && wish.until > now && wish.until <= now + SHELVE_MAX) {
    alarm.shelvedUntil = wish.until
    step(desk, 'shelved', alarm, at)
  } else if (wish.op === 'clear' && ALARMS[alarm.kind].about === 'site' && wish.note !== '') {
    alarm.active = false
    step(desk, 'cleared', alarm, at)
    close(desk, alarm, at, false)
  }
}

/** What time alone does: shelving ends, and who has waited too long is escalated, to the highest level whose time has passed. */
export const tickDesk = (desk: Desk): void => {
  const { now } = desk.world
  for (const alarm of openAlarms(desk)) {
    if (alarm.shelvedUntil !== null && alarm.shelvedUntil <= now) {
      alarm.shelvedUntil = null
      alarm.waitingSince = now
      step(desk, 'unshelved', alarm, { time: now, by: 'system' })
    }
    if (alarm.acknowledged || alarm.shelvedUntil !== null) continue
    const limits = figuresOfAlarm(desk, alarm).escalateMs[alarm.severity]
    let level = alarm.escalation
    while (level < limits.length && (limits[level] as number) <= now - alarm.waitingSince) level += 1
    if (level === alarm.escalation) continue
    alarm.escalation = level
    step(desk, 'escalated', alarm, { time: now, by: 'system' })
  }
}
