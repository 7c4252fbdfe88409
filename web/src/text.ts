import type { AlarmKindName, Severity } from '../../core/kinds.ts'

// All text of the page, in both languages. `zh` has the type of `en`: a key that is missing in one does not compile. No other
// file of the page holds text that a person reads (test/web checks that).

export type Language = 'zh-CN' | 'en'

const TAMPER_EN: Readonly<Record<number, string>> = { 1: 'taken off its door', 2: 'opened', 3: 'held to a magnet' }
const TAMPER_ZH: Readonly<Record<number, string>> = { 1: '被拆下', 2: '外壳被打开', 3: '受到磁铁干扰' }
const celsius = (value: number): string => (value / 1000).toFixed(1)
const volts = (value: number): string => (value / 1000).toFixed(2)
const minutes = (ms: number): string => String(Math.max(1, Math.round(Math.abs(ms) / 60_000)))

type Kinds = Readonly<Record<AlarmKindName, string>>
type Whys = Readonly<Record<AlarmKindName, (value: number) => string>>

const kindEn: Kinds = {
  tamper: 'Seal tampered with', 'door-opened': 'Door opened without a permit', 'passage-unpermitted': 'Passage without a permit', 'door-held-open': 'Door held open',
  'passage-door-shut': 'Passage through a shut door', 'beam-blocked': 'Sensor blocked', offline: 'Seal offline', 'low-battery': 'Battery low', 'battery-forecast': 'Battery will run out soon',
  'sequence-gap': 'Events missing', 'clock-wrong': 'Clock wrong', flapping: 'Signal unstable', 'link-quality': 'Poor radio link', 'thermal-drift': 'Thermal sensor drifts',
  'door-without-passage': 'Door opened, nobody passed', 'headcount-over': 'More people than registered', 'headcount-under': 'Fewer people than registered', 'capacity-over': 'Over capacity',
  'opened-off-schedule': 'Opened outside hours', 'left-open-at-closing': 'Left open at closing', 'too-many-openings': 'Too many openings', 'permit-overrun': 'Permit overrun',
  'unusual-traffic': 'Unusual traffic', fever: 'Fever at the entrance', 'area-outage': 'Area outage',
}
const kindZh: Kinds = {
  tamper: '门磁被破坏', 'door-opened': '未报备开门', 'passage-unpermitted': '未报备出入', 'door-held-open': '门长时间未关',
  'passage-door-shut': '关门状态下有人通过', 'beam-blocked': '探头被遮挡', offline: '设备离线', 'low-battery': '电量低', 'battery-forecast': '电量即将耗尽',
  'sequence-gap': '事件缺失', 'clock-wrong': '设备时钟错误', flapping: '信号抖动', 'link-quality': '信号弱', 'thermal-drift': '测温漂移',
  'door-without-passage': '开门无人通过', 'headcount-over': '人数多于登记', 'headcount-under': '人数少于登记', 'capacity-over': '超出容量',
  'opened-off-schedule': '非开放时段开门', 'left-open-at-closing': '关闭时段未关门', 'too-many-openings': '开门次数过多', 'permit-overrun': '超出报备时段',
  'unusual-traffic': '人流异常', fever: '入口发热', 'area-outage': '片区中断',
}
const whyEn: Whys = {
  tamper: (value) => `The seal was ${TAMPER_EN[value] ?? 'interfered with'}.`,
  'door-opened': () => 'The door opened and no permit covers it.',
  'passage-unpermitted': (value) => value > 1 ? `${value} people passed the door and no permit covers it.` : 'Somebody passed the door and no permit covers it.',
  'door-held-open': () => 'The door has stood open longer than the rule allows.',
  'passage-door-shut': () => 'Somebody passed while the door was reported shut.',
  'beam-blocked': () => 'The infrared sensor sees nothing but an obstacle.',
  offline: () => 'Three heartbeats in a row are missing.',
  'low-battery': (value) => (value > 0 ? `The battery is down to ${volts(value)} V.` : 'The battery is low.'),
  'battery-forecast': () => 'At this rate the battery will run out soon.',
  'sequence-gap': () => 'Numbers are missing in what the seal sent.',
  'clock-wrong': (value) => (value === 0 ? 'The seal does not know the time.' : `The seal’s clock is wrong by ${minutes(value)} min.`),
  flapping: () => 'The signal comes and goes too often to be real.',
  'link-quality': () => 'Messages arrive late or in pieces.',
  'thermal-drift': () => 'Readings move away from those of its neighbours.',
  'door-without-passage': () => 'The door opened and shut, and nobody passed.',
  'headcount-over': (value) => `More people are inside than are registered here${value === 0 ? '' : ` (${value} counted)`}.`,
  'headcount-under': (value) => `Fewer people are inside than are registered here${value === 0 ? '' : ` (${value} counted)`}.`,
  'capacity-over': () => 'More people are inside than the place may hold.',
  'opened-off-schedule': () => 'It opened outside its hours.',
  'left-open-at-closing': () => 'It was still open when it should have been shut.',
  'too-many-openings': () => 'It opened more often than is permitted.',
  'permit-overrun': () => 'The visit goes on after its permit ended.',
  'unusual-traffic': () => 'Traffic differs from what is usual at this hour.',
  fever: (value) => (value > 0 ? `${celsius(value)} °C was measured at the entrance.` : 'A high temperature was measured at the entrance.'),
  'area-outage': () => 'Many seals of this area fell silent together.',
}
const whyZh: Whys = {
  tamper: (value) => `设备${TAMPER_ZH[value] ?? '受到干扰'}。`,
  'door-opened': () => '门被打开，没有对应的报备。',
  'passage-unpermitted': (value) => `有 ${Math.max(1, value)} 人通过，没有对应的报备。`,
  'door-held-open': () => '门打开的时间超过规定。',
  'passage-door-shut': () => '门显示关闭时有人通过。',
  'beam-blocked': () => '红外探头前有遮挡物。',
  offline: () => '连续三次未收到心跳。',
  'low-battery': (value) => (value > 0 ? `电池电压降到 ${volts(value)} 伏。` : '电池电量低。'),
  'battery-forecast': () => '按目前消耗，电量即将耗尽。',
  'sequence-gap': () => '设备上报的序号有缺失。',
  'clock-wrong': (value) => (value === 0 ? '设备没有时间。' : `设备时钟偏差 ${minutes(value)} 分钟。`),
  flapping: () => '信号变化过于频繁，不像真实情况。',
  'link-quality': () => '消息迟到或不完整。',
  'thermal-drift': () => '读数偏离相邻设备。',
  'door-without-passage': () => '门开过又关上，没有人通过。',
  'headcount-over': (value) => `室内人数多于登记人数${value === 0 ? '' : `（计得 ${value} 人）`}。`,
  'headcount-under': (value) => `室内人数少于登记人数${value === 0 ? '' : `（计得 ${value} 人）`}。`,
  'capacity-over': () => '室内人数超过允许容量。',
  'opened-off-schedule': () => '在开放时段之外开门。',
  'left-open-at-closing': () => '应关闭时仍未关门。',
  'too-many-openings': () => '开门次数超过许可。',
  'permit-overrun': () => '报备时段已过，活动仍在继续。',
  'unusual-traffic': () => '人流与该时段通常情况不同。',
  fever: (value) => (value > 0 ? `入口测得 ${celsius(value)} ℃。` : '入口测得高温。'),
  'area-outage': () => '该片区多台设备同时失联。',
}

const severityEn: Readonly<Record<Severity, string>> = { critical: 'Critical', major: 'Major', minor: 'Minor', info: 'Info' }
const severityZh: Readonly<Record<Severity, string>> = { critical: '紧急', major: '重要', minor: '一般', info: '提示' }

const en = {
  title: 'Operations',
  product: 'Sealstream',
  skip: 'Skip to alarms',
  language: '中文',
  languageLabel: 'Switch to Chinese',
  signOut: 'Sign out',
  connection: { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting', stale: 'Not up to date' },
  counters: { label: 'Fleet', eventsPerSecond: 'Events / s', sealsOnline: 'Seals online', alarmsOpen: 'Open alarms', rowsStored: 'Rows stored', lag: 'Storage lag' },
  of: (whole: string): string => `of ${whole}`,
  seconds: (n: string): string => `${n} s`,
  panels: { alarms: 'Alarms', sites: 'Sites' },
  alarms: {
    waiting: 'Waiting for a person', handled: 'Acknowledged', none: 'Nothing is waiting.', noneHint: 'New alarms appear here by themselves.', end: 'That is all. New alarms appear here by themselves.',
    closed: 'Closed lately', closedBy: (who: string): string => `acknowledged by ${who}`, closedAlone: 'ended by itself', noneHandled: 'No acknowledged alarm is open.',
    noneMatch: 'No alarm matches the filter.', noRight: 'This role sees the fleet’s figures only.',
    more: (n: number): string => `${n} more, less urgent or newer. Narrow the filter to see them.`,
    waitingFor: 'Waiting', acknowledge: 'Acknowledge', acknowledging: 'Sending…', acknowledgeFor: (kind: string, site: string): string => `Acknowledge: ${kind}, ${site}`,
    failed: 'Not acknowledged. Try again.', active: 'Ongoing', gone: 'Over', repeats: (n: number): string => `seen ${n} times more`, by: (who: string): string => `by ${who}`,
    assigned: (who: string): string => `with ${who}`, seal: 'seal', announce: (kind: string, site: string): string => `New alarm: ${kind}, ${site}`, announceMany: (n: number): string => `${n} new alarms`,
  },
  filter: { label: 'Filter', area: 'Area', allAreas: 'All areas', kind: 'Kind', allKinds: 'All kinds', severity: 'Severity', clear: 'Clear filter' },
  sites: {
    search: 'Find a site', onlyDiffering: 'Differences only', site: 'Site', registered: 'Reg.', registeredLong: 'People registered', inside: 'Inside', difference: 'Diff.', differenceLong: 'Difference',
    since: 'Since', door: 'Door', online: 'Link', none: 'No site matches.', count: (shown: string, all: string): string => `${shown} of ${all}`,
    doors: { open: 'open', closed: 'shut', unknown: '–' }, doorsLong: { open: 'The door stands open', closed: 'The door is shut', unknown: 'No seal has told the state of a door' },
    links: { online: 'online', offline: 'offline', unheard: 'not heard yet' }, even: 'as registered',
  },
  kinds: kindEn, why: whyEn, severities: severityEn,
  duration: { days: (n: number): string => `${n} d`, now: 'now' },
  signIn: {
    title: 'Sign in', hint: 'Paste a token of your role. The one-time link that the engine printed works once; it may have been used.', token: 'Token', submit: 'Sign in',
    refused: 'This token was not accepted.', unreachable: 'The engine does not answer.',
  },
}
export type Text = typeof en

const zh: Text = {
  title: '值守台',
  product: 'Sealstream',
  skip: '跳到告警',
  language: 'English',
  languageLabel: '切换到英文',
  signOut: '退出',
  connection: { connecting: '正在连接', live: '实时', lost: '正在重连', stale: '数据未更新' },
  counters: { label: '总览', eventsPerSecond: '事件 / 秒', sealsOnline: '在线设备', alarmsOpen: '未结告警', rowsStored: '已入库行数', lag: '入库延迟' },
  of: (whole) => `共 ${whole}`,
  seconds: (n) => `${n} 秒`,
  panels: { alarms: '告警', sites: '点位' },
  alarms: {
    waiting: '等待处理', handled: '已确认', none: '没有等待处理的告警。', noneHint: '新告警会自动出现在这里。', end: '以上为全部。新告警会自动出现在这里。',
    closed: '最近结束', closedBy: (who) => `由 ${who} 确认`, closedAlone: '自行结束', noneHandled: '没有已确认的未结告警。',
    noneMatch: '没有符合条件的告警。', noRight: '该角色只能查看总体指标。',
    more: (n) => `还有 ${n} 条较不紧急或较新的告警，请缩小筛选范围查看。`,
    waitingFor: '已等待', acknowledge: '确认', acknowledging: '提交中…', acknowledgeFor: (kind, site) => `确认：${kind}，${site}`,
    failed: '未能确认，请重试。', active: '持续中', gone: '已结束', repeats: (n) => `又出现 ${n} 次`, by: (who) => `由 ${who}`,
    assigned: (who) => `交给 ${who}`, seal: '设备', announce: (kind, site) => `新告警：${kind}，${site}`, announceMany: (n) => `${n} 条新告警`,
  },
  filter: { label: '筛选', area: '区域', allAreas: '全部区域', kind: '类型', allKinds: '全部类型', severity: '级别', clear: '清除筛选' },
  sites: {
    search: '查找点位', onlyDiffering: '仅看不符', site: '点位', registered: '登记', registeredLong: '登记人数', inside: '在内', difference: '差值', differenceLong: '差值',
    since: '起始', door: '门', online: '联网', none: '没有符合条件的点位。', count: (shown, all) => `${shown} / ${all}`,
    doors: { open: '开', closed: '关', unknown: '–' }, doorsLong: { open: '门开着', closed: '门已关', unknown: '尚无设备报告门的状态' },
    links: { online: '在线', offline: '离线', unheard: '尚未上线' }, even: '与登记相符',
  },
  kinds: kindZh, why: whyZh, severities: severityZh,
  duration: { days: (n) => `${n} 天`, now: '刚刚' },
  signIn: {
    title: '登录', hint: '请粘贴您的令牌。引擎打印的一次性链接只能使用一次，可能已被使用。', token: '令牌', submit: '登录',
    refused: '令牌未被接受。', unreachable: '引擎没有响应。',
  },
}

export const TEXT: Readonly<Record<Language, Text>> = { 'zh-CN': zh, en }
