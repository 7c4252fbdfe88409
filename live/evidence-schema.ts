// JSON schema of GET /v1/alarms/:id/evidence (live/evidence-body.ts makes the body).

const text = { type: 'string' } as const
const time = { type: 'string', format: 'date-time' } as const
const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const
const whole = { type: 'integer' } as const
const yesNo = { type: 'boolean' } as const
const list = (items: object): object => ({ type: 'array', items })
const object = (properties: Readonly<Record<string, object>>): object => ({ type: 'object', properties })
const orNull = (properties: Readonly<Record<string, object>>): object => ({ type: ['object', 'null'], properties })

const step = object({ step: text, severity: text, time, received: time, by: text, note: text, repeats: whole, value: { type: 'number' } })
const event = object({
  seal: text,
  kind: text,
  time,
  received: time,
  deviceTime: { ...timeOrNull, description: "what the seal's clock said, where it was not believed" },
  value: whole,
  boot: whole,
  seq: whole,
  permit: { type: ['string', 'null'], description: 'the permit that it took an opening of, or that covered it' },
})
const permit = object({ permit: text, from: time, until: time, openings: { type: ['integer', 'null'] }, used: whole, source: text, reason: text, by: text })

export const evidenceSchema = object({
  alarm: object({
    id: text,
    kind: text,
    severity: text,
    site: text,
    area: text,
    seal: text,
    since: time,
    raisedAt: time,
    value: { type: 'number' },
    closedAt: timeOrNull,
  }),
  says: { ...text, description: 'what was seen, in words' },
  rule: { ...text, description: 'the rule in words, with the figures in force when it was raised' },
  policy: object({
    version: whole,
    since: timeOrNull,
    parameters: list(object({ name: text, value: {}, unit: text, meaning: text })),
  }),
  steps: list(step),
  events: object({
    from: time,
    until: time,
    kinds: list(text),
    items: list(event),
    leftOut: { ...whole, description: 'how many more there were in that time' },
  }),
  permits: list(permit),
  site: orNull({
    kind: text,
    headcount: whole,
    capacity: { type: ['integer', 'null'] },
    observation: orNull({ from: time, until: time }),
    seals: list(object({ id: text, from: timeOrNull, until: timeOrNull })),
  }),
  occupancy: list(object({ time, received: time, raw: whole, corrected: whole, confidence: { type: 'number' } })),
  recomputation: {
    ...object({
      done: yesNo,
      why: { ...text, description: 'where it was not done' },
      matches: yesNo,
      identical: { ...yesNo, description: 'the recomputed alarm has the same id too' },
      differences: list(object({ what: text, stored: text, recomputed: text })),
      from: timeOrNull,
      begins: { type: ['string', 'null'], description: 'null: the whole history was replayed; else why it begins in the middle' },
      events: whole,
      ticks: whole,
      ms: whole,
      notes: list(text),
    }),
    description: 'the alarm from the stored rows, against what was raised',
  },
})
