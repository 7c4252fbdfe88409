// The picture of a replay: above, the raw count; below, the corrected one, with the lowest of each night. Self-contained SVG, half
// hours as steps.

import type { Night } from './nights.ts'
import { DAY, HALF_HOUR, type Point } from './occupancy-replay.ts'

const WIDTH = 1200
const LEFT = 64
const RIGHT = 16
const PANEL = 240
const GAP = 56
const TOP = 48
const HEIGHT = TOP + 2 * PANEL + GAP + 40

type Scale = { readonly x: (time: number) => number; readonly y: (people: number) => number; readonly low: number; readonly high: number }

export const occupancySvg = (points: readonly Point[], nights: readonly Night[], title: string): string => {
  const [first, last] = [points[0] as Point, points.at(-1) as Point]
  const from = Math.floor(first.time / DAY) * DAY
  const until = Math.ceil(last.time / DAY) * DAY
  const x = (time: number): number => LEFT + ((time - from) / (until - from)) * (WIDTH - LEFT - RIGHT)
  const steps = halfHours(points)
  const panel = (top: number, of: 'raw' | 'corrected'): Scale => {
    const values = points.map((point) => point[of])
    const low = Math.min(
      0,
      values.reduce((a, b) => Math.min(a, b), 0),
    )
    const high = nice(values.reduce((a, b) => Math.max(a, b), 1))
    return { x, low, high, y: (people) => top + PANEL - ((people - low) / (high - low)) * PANEL }
  }
  const [raw, corrected] = [panel(TOP, 'raw'), panel(TOP + PANEL + GAP, 'corrected')]
  const dots = nights.map(({ day, before }) => `<circle cx="${x(day).toFixed(1)}" cy="${corrected.y(before).toFixed(1)}" r="2.5"/>`).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="#222">
<title>${title}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="15" font-weight="600">${title}</text>
${frame(raw, from, until, 'raw: people in minus people out since the first day')}
<path d="${line(steps, raw, 'raw')}" fill="none" stroke="#b3261e"/>
${frame(corrected, from, until, 'corrected: anchored at quiet hours, less the learnt bias; dots: lowest of each night before it is anchored anew')}
<path d="${line(steps, corrected, 'corrected')}" fill="none" stroke="#1b5e9b" stroke-width="0.8"/>
<g fill="#e07b00">${dots}</g>
</svg>
`
}

/** The counts at the end of each half hour in which they changed. */
const halfHours = (points: readonly Point[]): readonly Point[] =>
  points.filter(({ time }, n) => {
    const next = points[n + 1]
    return next === undefined || Math.floor(next.time / HALF_HOUR) !== Math.floor(time / HALF_HOUR)
  })

/** Each half hour's value until the next: a vertical and a horizontal stroke, relative to the last, in tenths. */
const line = (steps: readonly Point[], { x, y }: Scale, of: 'raw' | 'corrected'): string => {
  const parts: string[] = []
  let [atX, atY] = [0, 0]
  for (const step of steps) {
    const [toX, toY] = [Math.round(x(step.time) * 10) / 10, Math.round(y(step[of]) * 10) / 10]
    const short = (value: number): string => String(Math.round(value * 10) / 10)
    parts.push(parts.length === 0 ? `M${short(toX)} ${short(toY)}` : `h${short(toX - atX)}v${short(toY - atY)}`)
    ;[atX, atY] = [toX, toY]
  }
  return parts.join('')
}

const nice = (value: number): number => {
  const unit = 10 ** Math.floor(Math.log10(value))
  return Math.ceil(value / (unit / 2)) * (unit / 2)
}

const frame = ({ x, y, low, high }: Scale, from: number, until: number, caption: string): string => {
  const rows = Array.from({ length: 5 }, (_, n) => Math.round((high * n) / 4))

    .filter((people, n) => n > 0 || y(low) - y(people) < 1)
    .concat(low < 0 ? [low] : [])
    .map((people) => {
      const at = y(people).toFixed(1)
      return `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#ddd"/><text x="${LEFT - 8}" y="${(y(people) + 4).toFixed(1)}" text-anchor="end">${people}</text>`
    })
  const weeks = Array.from({ length: Math.ceil((until - from) / (7 * DAY)) }, (_, n) => from + n * 7 * DAY).map((week) => {
    const at = x(week).toFixed(1)
    return `<path d="M${at} ${y(low).toFixed(1)}v4" stroke="#888"/><text x="${at}" y="${(y(low) + 18).toFixed(1)}" text-anchor="middle">${new Date(week).toISOString().slice(5, 10)}</text>`
  })
  return `<text x="${LEFT}" y="${(y(high) - 8).toFixed(1)}">${caption}</text>${rows.join('')}${weeks.join('')}`
}
