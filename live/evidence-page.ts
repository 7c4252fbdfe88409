import type { Evidence, EvidenceParameter } from '../core/evidence.ts'
import { timeline } from './evidence-timeline.ts'
import { escaped, html, type Html, joined, table } from './html.ts'

// The evidence of one alarm as a document that stands alone: no script, nothing fetched, everything that came from outside escaped
// (live/html.ts). It is made to be saved, sent and printed: what it says does not change, so it says when it was put together.

export const EVIDENCE_STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 20%,transparent);--soft:color-mix(in srgb,currentColor 65%,transparent)}
body{font:15px/1.5 system-ui,"Noto Sans SC",sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
p{margin:.4rem 0}.soft{color:var(--soft)}.lead{font-size:1.15rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th{text-align:left;font-weight:600;color:var(--soft)}
td,th{padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
.scroll{overflow-x:auto}.verdict{padding:.6rem .8rem;border:1px solid var(--line);border-left-width:.4rem}
.yes{border-left-color:#2e7d32}.no{border-left-color:#c62828}.unknown{border-left-color:#8a6d00}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:currentColor}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}}
`

export const evidencePage = (evidence: Evidence): string => {
  const { alarm } = evidence
  const title = `${alarm.kind} at ${alarm.site === '' ? alarm.area : alarm.site}`
  const body = joined([
    html`<h1>${title}</h1>`,
    html`<p class="lead">${evidence.says}</p>`,
    facts(evidence),
    verdict(evidence),
    section(
      'The rule',
      html`<p>${evidence.rule}</p>
        ${parameters(evidence)}`,
    ),
    section('Timeline', timeline(evidence)),
    section('Events', events(evidence)),
    section('Steps', steps(evidence)),
    evidence.permits.length > 0 ? section('Permits', permits(evidence)) : html``,
    registered(evidence),
    evidence.occupancy.length > 0 ? section('People inside', counts(evidence)) : html``,
  ])
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><link rel="icon" href="data:,"><style>${EVIDENCE_STYLE}</style></head><body><main>${body.text}</main></body></html>`
}

const iso = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC')
const section = (name: string, content: Html): Html =>
  html`<section>
    <h2>${name}</h2>
    ${content}
  </section>`
const list = (pairs: readonly (readonly [string, string])[]): Html =>
  html`<dl>
    ${joined(
      pairs.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      ),
    )}
  </dl>`

const facts = ({ alarm }: Evidence): Html =>
  list([
    ['alarm', alarm.id],
    ['severity', alarm.severity],
    ...(alarm.site === '' ? [] : ([['site', alarm.site]] as const)),
    ['area', alarm.area],
    ...(alarm.seal === '' ? [] : ([['seal', alarm.seal]] as const)),
    ['since', iso(alarm.since)],
    ['raised', iso(alarm.raisedAt)],
    ['value', String(alarm.value)],
    ['closed', alarm.closedAt === null ? 'not yet' : iso(alarm.closedAt)],
  ])

const verdict = ({ recomputation }: Evidence): Html => {
  if (!recomputation.done) return html`<p class="verdict unknown">Not recomputed: ${recomputation.why}.</p>`
  const { matches, events, ticks, begins, notes, differences, identical } = recomputation
  const said = matches
    ? `Recomputed from the stored rows: the same alarm${identical ? ', to the last bit' : ''}.`
    : 'Recomputed from the stored rows: it differs.'
  return html`<div class="verdict ${matches ? 'yes' : 'no'}">
    <p>${said}</p>
    ${
      differences.length === 0
        ? html``
        : table(
            ['what', 'raised', 'recomputed'],
            differences.map(({ what, stored, recomputed }) => [what, stored, recomputed]),
          )
    }
    <p class="soft">${events} events and ${ticks} ticks of the engine's clock were replayed${begins === null ? ', the whole history' : `; ${begins}`}.</p>
    ${joined(notes.map((note) => html`<p class="soft">${note}.</p>`))}
  </div>`
}

const shown = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value))
const parameters = ({ policy }: Evidence): Html =>
  html`<p class="soft">Policy version ${policy.version}${policy.since === null ? ', the built-in defaults' : `, in force since ${iso(policy.since)}`}.</p>
    ${
      policy.parameters.length === 0
        ? html``
        : table(
            ['parameter', 'value', 'unit', 'meaning'],
            policy.parameters.map(({ name, value, unit, meaning }: EvidenceParameter) => [
              name,
              value === null ? 'none: no such rule' : shown(value),
              unit,
              meaning.replaceAll('`', ''),
            ]),
          )
    }`

const events = ({ events: { items, kinds, from, until, leftOut } }: Evidence): Html =>
  html`<p class="soft">${kinds.join(', ')} from ${iso(from)} to ${iso(until)}${leftOut === 0 ? '' : `; ${leftOut} more are not listed`}.</p>
    ${
      items.length === 0
        ? html`<p>None.</p>`
        : table(
            ['time', 'kind', 'value', 'seal', 'boot, number', 'received', 'permit'],
            items.map((event) => [
              `${iso(event.time)}${event.deviceTime === event.time ? '' : ` (the seal said ${event.deviceTime === 0 ? 'nothing' : iso(event.deviceTime)})`}`,
              event.kind,
              String(event.value),
              event.seal,
              `${event.boot}, ${event.seq}`,
              iso(event.received),
              event.permit === 0 ? '' : String(event.permit),
            ]),
          )
    }`

const steps = ({ steps: all }: Evidence): Html =>
  table(
    ['received', 'step', 'time', 'severity', 'by', 'note', 'repeats', 'value'],
    all.map((step) => [iso(step.received), step.step, iso(step.time), step.severity, step.by, step.note, String(step.repeats), String(step.value)]),
  )

const permits = ({ permits: all }: Evidence): Html =>
  table(
    ['permit', 'from', 'until', 'openings', 'taken before the raise', 'reason', 'by'],
    all.map((permit) => [
      String(permit.permit),
      iso(permit.from),
      iso(permit.until),
      permit.openings === null ? 'any number' : String(permit.openings),
      String(permit.used),
      `${permit.reason}${permit.source === 'staff' ? '' : ` (${permit.source})`}`,
      permit.by,
    ]),
  )

const registered = ({ site }: Evidence): Html => {
  if (site === null) return html``
  const open = (ms: number | null): string => (ms === null ? 'open' : iso(ms))
  return section(
    'Registered then',
    html`${list([
      ['kind', site.kind],
      ['people registered', site.headcount < 0 ? 'not compared' : String(site.headcount)],
      ['capacity', site.capacity === null ? 'none' : String(site.capacity)],
      ['observation', site.observation === null ? 'none' : `${iso(site.observation.from)} to ${iso(site.observation.until)}`],
    ])}${table(
      ['seal', 'from', 'until'],
      site.seals.map(({ id, from, until }) => [id, open(from), open(until)]),
    )}`,
  )
}

const counts = ({ occupancy }: Evidence): Html =>
  table(
    ['received', 'time', 'raw', 'corrected', 'confidence'],
    occupancy.map(({ received, time, raw, corrected, confidence }) => [iso(received), iso(time), String(raw), String(corrected), confidence.toFixed(2)]),
  )
