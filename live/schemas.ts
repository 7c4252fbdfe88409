// JSON schemas of what the read API answers: they document it in /openapi.json and serialise it.

const text = { type: 'string' } as const
const time = { type: 'string', format: 'date-time' } as const
const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const
const whole = { type: 'integer' } as const
const yesNo = { type: 'boolean' } as const
const object = <const P extends Readonly<Record<string, unknown>>>(properties: P): { readonly type: 'object'; readonly properties: P } => ({
  type: 'object',
  properties,
})
const page = <const I extends object>(items: I): object =>
  object({ items: { type: 'array', items }, next: { type: ['string', 'null'], description: 'pass as `cursor` for the next page; null at the end' } })

export const problemSchema = {
  ...object({ type: text, title: text, status: whole, detail: text }),
  description: 'RFC 9457 problem document',
  additionalProperties: true,
}
export const problems = { '4xx': problemSchema, '5xx': problemSchema } as const

const alarmSchema = object({
  id: text,
  kind: text,
  severity: { type: 'string', enum: ['critical', 'major', 'minor', 'info'] },
  state: { type: 'string', enum: ['open', 'closed'] },
  active: { ...yesNo, description: 'the condition holds' },
  acknowledged: { ...yesNo, description: 'a person has taken note' },
  site: text,
  area: text,
  seal: text,
  since: { ...time, description: 'when the condition began (event time)' },
  raisedAt: { ...time, description: 'when the engine raised it: waiting counts from here' },
  goneAt: timeOrNull,
  acknowledgedAt: timeOrNull,
  acknowledgedBy: text,
  assignedTo: text,
  shelvedUntil: timeOrNull,
  shelvedBy: text,
  shelvedReason: text,
  waitingSince: { ...timeOrNull, description: 'since when it waits for a person (raised, or last taken off the shelf); null when nobody is waited for' },
  escalation: { ...whole, description: 'how many times it was escalated because nobody came' },
  repeats: whole,
  value: { type: 'number' },
  deliveries: {
    type: 'array',
    description: 'notices to webhooks, oldest first',
    items: object({
      id: text,
      webhook: text,
      step: { type: 'string', enum: ['raised', 'escalated', 'cleared'] },
      state: { type: 'string', enum: ['waiting', 'delivered', 'dropped'] },
      at: time,
      changed: time,
      attempts: whole,
      error: { type: ['string', 'null'], description: 'why the last try failed' },
    }),
  },
})
const link = {
  type: 'string',
  enum: ['online', 'offline', 'unheard'],
  description: 'unheard: a new seal that has not been heard yet and is not missed yet',
} as const
const door = { type: 'string', enum: ['open', 'closed', 'unknown'] } as const
const occupancySchema = object({
  site: text,
  area: text,
  kind: text,
  registered: whole,
  inside: whole,
  raw: whole,
  difference: whole,
  since: timeOrNull,
  capacity: { type: ['integer', 'null'] },
  confidence: { type: 'number' },
  door,
  online: yesNo,
  link,
})
const sealSchema = object({ seal: text, door, online: yesNo, link, lastHeard: timeOrNull, batteryMv: { type: ['integer', 'null'] } })

export const siteListSchema = page(occupancySchema)
export const siteSchema = object({
  site: text,
  area: text,
  kind: text,
  headcount: whole,
  capacity: { type: ['integer', 'null'] },
  observation: { type: ['object', 'null'], properties: { from: timeOrNull, until: timeOrNull } },
  occupancy: object({ raw: whole, corrected: whole, confidence: { type: 'number' } }),
  comparison: object({ registered: whole, inside: whole, difference: whole, since: timeOrNull }),
  door,
  online: yesNo,
  link,
  seals: { type: 'array', items: sealSchema },
  alarms: { type: 'array', items: alarmSchema },
})
export const sealStateSchema = object({ ...sealSchema.properties, site: text, area: text, alarms: { type: 'array', items: alarmSchema } })
export const permitListSchema = page(
  object({
    id: text,
    site: text,
    area: text,
    from: time,
    until: time,
    openings: { type: ['integer', 'null'], description: 'null: any number; by the week: on each of its days' },
    used: { ...whole, description: 'openings taken in all' },
    weekly: { type: ['object', 'null'], properties: { days: { type: 'array', items: text }, from: text, until: text } },
    lastDay: {
      type: ['object', 'null'],
      properties: { day: text, used: whole },
      description: 'by the week: the newest local day that an opening was taken on',
    },
    source: { type: 'string', enum: ['staff', 'declaration'] },
    reason: text,
    by: text,
    made: time,
  }),
)
export const alarmListSchema = page(alarmSchema)
export const alarmOneSchema = alarmSchema
export const areaListSchema = object({
  area: text,
  items: {
    type: 'array',
    items: object({
      area: text,
      sites: whole,
      sitesOnline: whole,
      seals: whole,
      sealsOnline: whole,
      registered: whole,
      inside: whole,
      differing: whole,
      alarms: object({ critical: whole, major: whole, minor: whole, info: whole }),
    }),
  },
})
export const tokenListSchema = object({ items: { type: 'array', items: object({ name: text, role: text, areas: { type: 'array', items: text } }) } })
const webhookSchema = object({ name: text, url: text, area: text, severities: { type: 'array', items: text }, waiting: whole })
export const webhookListSchema = object({ items: { type: 'array', items: webhookSchema } })
export const webhookTestSchema = object({ result: text, error: { type: ['string', 'null'] }, ms: whole })
const anything = { type: 'object', additionalProperties: true } as const
export const policySchema = object({ version: whole, time: { ...timeOrNull, description: 'null: built in' }, by: text, document: anything })
export const policyVersionsSchema = object({ items: { type: 'array', items: object({ version: whole, time: timeOrNull, by: text }) } })
export const policyEffectiveSchema = object({ site: text, area: text, kind: text, version: whole, parameters: anything, fleet: anything })
export const readySchema = object({ ready: yesNo, reasons: { type: 'array', items: text } })
