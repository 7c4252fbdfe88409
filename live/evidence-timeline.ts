import type { Evidence } from '../core/evidence.ts'
import { html, type Html, joined } from './html.ts'

// The evidence on a line of time: a lane for each kind of event, the permits as bars, the begin and the raise as lines. Drawn with
// attributes only, for a style in an element is not allowed by the document's policy.

const WIDTH = 1000
const LEFT = 140
const LANE = 18
const MARKS_MAX = 500

export const timeline = ({ alarm, events, permits }: Evidence): Html => {
  // The stretch that has something: a month of heartbeats before a forecast would leave no room for the raise.
  const times = [...events.items.map(({ time }) => time), alarm.since, alarm.raisedAt].filter((time) => time >= events.from && time <= events.until)
  const from = Math.min(...times, alarm.raisedAt)
  const until = Math.max(...times, alarm.raisedAt, from + 60_000)
  const x = (time: number): string => (LEFT + ((Math.min(until, Math.max(from, time)) - from) / (until - from)) * (WIDTH - LEFT - 10)).toFixed(1)
  const kinds = [...new Set(events.items.map(({ kind }) => kind))]
  const inTime = permits.filter((permit) => permit.until >= from && permit.from <= until)
  const lanes = kinds.length + (inTime.length > 0 ? 1 : 0)
  const height = (lanes + 2) * LANE + 10
  const lane = (at: number): number => (at + 1) * LANE
  const marks = events.items
    .slice(-MARKS_MAX)
    .map(
      ({ kind, time, value }) =>
        html`<circle cx="${x(time)}" cy="${lane(kinds.indexOf(kind))}" r="3.5" fill="currentColor" fill-opacity="0.6"
          ><title>${`${kind} ${value} ${iso(time)}`}</title></circle
        >`,
    )
  const bars = inTime.map(
    (permit) =>
      html`<rect
        x="${x(permit.from)}"
        y="${lane(kinds.length) - 5}"
        width="${Math.max(2, Number(x(permit.until)) - Number(x(permit.from)))}"
        height="10"
        fill="#2e7d32"
        fill-opacity="0.5"
        ><title>${`permit ${permit.permit}: ${permit.reason}`}</title></rect
      >`,
  )
  const line = (time: number, name: string, row: number): Html =>
    html`<line x1="${x(time)}" x2="${x(time)}" y1="4" y2="${height - LANE}" stroke="#c62828" stroke-dasharray="${row === 0 ? '4 3' : 'none'}" /><text
        x="${x(time)}"
        y="${lane(lanes + row) - 2}"
        text-anchor="end"
        >${name}</text
      >`
  return html`<svg viewBox="0 0 ${WIDTH} ${height + LANE}" role="img" aria-label="${`events from ${iso(from)} to ${iso(until)}`}">
    ${joined([
      ...kinds.map((kind, at) => label(kind, lane(at))),
      ...(inTime.length > 0 ? [label('permits', lane(kinds.length))] : []),
      ...bars,
      ...marks,
      line(alarm.since, `since ${clock(alarm.since)}`, 0),
      line(alarm.raisedAt, `raised ${clock(alarm.raisedAt)}`, 1),
    ])}
  </svg>`
}

const label = (name: string, y: number): Html => html`<text x="0" y="${y + 4}">${name}</text>`
const iso = (ms: number): string => new Date(ms).toISOString()
const clock = (ms: number): string => iso(ms).slice(11, 23)
