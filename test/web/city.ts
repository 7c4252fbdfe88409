import type { AlarmView } from '../../core/ops.ts'
import { ALARM, type AlarmKindName } from '../../core/kinds.ts'
import { alarmOf, createSource, type Source } from '../live/source.ts'

// A city for the page: sites in a real-looking tree of areas, a few of them differing from their register, and alarms of many kinds.

const STREETS = [
  'fuzhou/gulou/antai/jinzhaili',
  'fuzhou/gulou/antai/wushan',
  'fuzhou/gulou/shuibu/liuyi',
  'fuzhou/taijiang/yizhou/zhongting',
  'fuzhou/jinan/wangzhuang/ziyang',
  'fuzhou/mawei/luoxing/qingzhou',
]
const VALUES: Partial<Record<AlarmKindName, number>> = { tamper: 1, 'passage-unpermitted': 1, fever: 38_100, 'low-battery': 2870, 'clock-wrong': 5_400_000 }
const KINDS: readonly AlarmKindName[] = [
  'tamper',
  'passage-unpermitted',
  'fever',
  'door-opened',
  'door-held-open',
  'offline',
  'headcount-under',
  'headcount-over',
  'low-battery',
  'clock-wrong',
]

export const createCity = (sites: number, alarms: number): Source => {
  const source = createSource()
  for (let i = 0; i < sites; i++) {
    const street = STREETS[i % STREETS.length] as string
    const kind = i % 40 === 0 ? 'building' : i % 90 === 1 ? 'gate' : 'residence'
    const headcount = kind === 'residence' ? 1 + (i % 5) : 0
    const differs = kind === 'residence' && i % 97 === 3
    const inside = kind === 'building' ? 120 + (i % 70) : kind === 'gate' ? 0 : differs ? headcount + (i % 2 === 0 ? -1 : 1) : headcount
    source.putSite({
      site: `${street.split('/')[3]?.slice(0, 3)}-${String(1 + (i % 24)).padStart(4, '0')}-${String(i).padStart(4, '0')}`,
      area: `${street}/${1 + (i % 24)}`,
      kind,
      headcount,
      corrected: inside,
      raw: inside,
      differsSince: differs ? Date.now() - (i % 50) * 61_000 - 30_000 : null,
      door: i % 211 === 5 ? 'open' : 'closed',
      online: i % 173 !== 9,
      link: i % 173 === 9 ? 'offline' : i % 120 === 7 ? 'unheard' : 'online',
    })
  }
  for (let i = 0; i < alarms; i++) source.round([{ step: 'raised', alarm: cityAlarm(source, i) }])
  source.ledger.offered = 18_203_441
  return source
}

const cityAlarm = (source: Source, i: number): AlarmView => {
  const kind = KINDS[(i * 7) % KINDS.length] as AlarmKindName
  const site = source.machine.siteStateByNo(1 + ((i * 37) % 1900))
  const waited = i % 3 === 0 ? i * 9_000 : i * 2_300
  const acknowledged = i % 7 === 3
  return alarmOf({
    id: `alarm-${i}`,
    kind,
    severity: ALARM[kind].severity,
    site: site?.site ?? '',
    siteNo: site?.siteNo ?? 0,
    area: site?.area ?? '',
    seal: ALARM[kind].scope === 'seal' ? (0xa1b2c3 + i).toString(16).padStart(16, '0') : '',
    raisedAt: Date.now() - waited,
    since: Date.now() - waited,
    active: i % 4 !== 1,
    repeats: i % 5 === 0 ? i % 13 : 0,
    value: VALUES[kind] ?? 0,
    acknowledged,
    acknowledgedAt: acknowledged ? Date.now() - waited / 2 : null,
    acknowledgedBy: acknowledged ? 'duty-gulou-2' : '',
  })
}
