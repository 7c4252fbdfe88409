/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterEach, expect } from 'vitest'
import { alarmOf, type Source } from '../live/source.ts'
import { registerSessionRoutes } from '../../ingest/session-routes.ts'
import { secretOf } from '../live/secret.ts'
import { startLiveServer, type LiveServer } from '../live/server.ts'
import { launchBrowser } from '../parts/browser.ts'
import { partTest } from '../parts/part-test.ts'
import { root } from '../parts/root.ts'
import { createCity } from './city.ts'

// The operations page in a real browser, on the engine's own server. Screenshots land in dist/screenshots for people to look at.

const browserTest = partTest('chromium')
const shots = join(root, 'dist', 'screenshots')
let server: LiveServer | undefined
let browser: Browser | undefined
afterEach(async () => {
  await browser?.close()
  await server?.close()
  browser = undefined
  server = undefined
})

type Opened = { readonly page: Page; readonly source: Source; readonly errors: string[] }
const open = async (
  path: string,
  options: { readonly width: number; readonly height: number; readonly language: string; readonly token?: string; readonly dark?: boolean },
): Promise<Opened> => {
  const source = createCity(2_000, 60)
  for (const name of ['admin@', 'operator@fuzhou/gulou', 'sre@', 'analyst@']) source.addToken(name)
  server = await startLiveServer(source, {
    prepare: (app, sessions) => {
      registerSessionRoutes(app, { machine: source.machine, sessions, emit: () => undefined })
      acknowledgeRoute(app, source)
    },
  })
  browser = await launchBrowser(path)
  const context = await browser.newContext({
    viewport: { width: options.width, height: options.height },
    locale: options.language,
    colorScheme: options.dark === true ? 'dark' : 'light',
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(server.url)
  await page.fill('#token', secretOf(options.token ?? 'admin@'))
  await page.click('button[type=submit]')
  await page.waitForSelector('.connection[data-state=live]')
  // The 401 of the first visit is told on the console by the browser itself.
  errors.length = 0
  return { page, source, errors }
}
const acknowledgeRoute = (app: FastifyInstance, source: Source): void => {
  app.post('/v1/alarms/:id/acknowledge', (request) => {
    const alarm = source.machine.alarm((request.params as { id: string }).id)
    if (alarm === undefined) throw new Error('no alarm')
    source.round([
      {
        step: 'acknowledged',
        alarm: { ...alarm, acknowledged: true, acknowledgedAt: Date.now(), acknowledgedBy: 'admin@', state: alarm.active ? 'open' : 'closed' },
      },
    ])
    return { id: alarm.id }
  })
}
const shoot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`) })
}

browserTest('a new alarm appears by itself, on top, and leaves when it is acknowledged', async (path) => {
  const { page, source, errors } = await open(path, { width: 1440, height: 900, language: 'en-GB' })
  await page.waitForTimeout(1_200)
  await shoot(page, 'desktop-en')
  const raisedAt = Date.now() - 3_600_000
  source.raise({ id: 'new-1', site: 'new-site', severity: 'critical', kind: 'tamper', value: 3, raisedAt })
  const row = page.locator('[data-id=new-1]')
  await row.waitFor({ timeout: 1_000 })
  expect(await page.locator('.alarm').first().getAttribute('data-id')).toBe('new-1')
  expect(await row.locator('.why').textContent()).toBe('The seal was held to a magnet.')
  // The page goes by the engine's clock, which it is told once a second.
  expect(await row.locator('.clock').textContent()).toMatch(/^(59:59|1:00:0\d)$/)
  await page.waitForFunction(() => document.querySelector('[aria-live=polite]')?.textContent?.includes('new-site'), undefined, { timeout: 4_000 })

  await row.locator('button.acknowledge').click()
  await row.waitFor({ state: 'detached', timeout: 2_000 })
  await page.click('.tab:nth-child(2)')
  expect(await page.locator('[data-id=new-1] .tags').textContent()).toContain('by admin@')
  expect(errors).toEqual([])
})

browserTest('a row shows how long it waits, how far it was escalated, who has it and who was told; a severity that rises moves it up', async (path) => {
  const { page, source, errors } = await open(path, { width: 1440, height: 900, language: 'en-GB' })
  const delivery = { id: 'd-1', webhook: 'duty', step: 'raised', state: 'waiting', at: Date.now(), changed: Date.now(), attempts: 0 } as const
  const base = alarmOf({
    id: 'life-1',
    site: 'life-site',
    severity: 'minor',
    kind: 'capacity-over',
    raisedAt: Date.now() - 7_200_000,
    waitingSince: Date.now() - 600_000,
  })
  source.round([{ step: 'raised', alarm: { ...base, assignedTo: 'chen', deliveries: [delivery] } }])
  const row = page.locator('[data-id=life-1]')
  await row.waitFor({ timeout: 2_000 })
  expect(await row.locator('.clock').textContent()).toMatch(/^(9:59|10:0\d)$/)
  expect(await row.locator('.tags').textContent()).toContain('with chen')
  expect(await row.locator('.told').textContent()).toBe('telling duty')
  source.round([{ step: 'escalated', alarm: { ...base, severity: 'critical', escalation: 2, deliveries: [{ ...delivery, state: 'delivered', attempts: 3 }] } }])
  await page.waitForFunction(() => document.querySelector('[data-id=life-1] .told')?.textContent === 'duty told')
  expect(await row.getAttribute('class')).toBe('alarm critical')
  expect(await row.locator('.tags').textContent()).toContain('escalated, level 2')
  source.round([
    {
      step: 'shelved',
      alarm: {
        ...base,
        severity: 'critical',
        waitingSince: null,
        shelvedUntil: Date.now() + 3_600_000,
        shelvedBy: 'li',
        deliveries: [{ ...delivery, state: 'dropped' }],
      },
    },
  ])
  await page.waitForFunction(() => document.querySelector('[data-id=life-1] .told.late')?.textContent === 'duty was not told')
  expect(await row.locator('.tags').textContent()).toMatch(/put aside until \d\d:\d\d:\d\d by li/)
  await shoot(page, 'alarm-life')
  expect(errors).toEqual([])
})

browserTest('occupancy, counters and the ticking clock move without a reload; filters narrow', async (path) => {
  const { page, source, errors } = await open(path, { width: 1440, height: 900, language: 'en-GB' })
  await page.fill('#site-search', 'jin-0001-0000')
  await page.waitForFunction(() => document.querySelectorAll('.site-rows .site-row').length === 1)
  source.setInside('jin-0001-0000', 333)
  await page.waitForFunction(() => document.querySelector('.site-rows .strong')?.textContent === '333')
  await page.fill('#site-search', '')
  const clock = await page.locator('.clock').first().textContent()
  await page.waitForFunction((before) => document.querySelector('.clock')?.textContent !== before, clock)
  // Thousands of sites, few rows.
  expect(await page.locator('.site-rows .site-row').count()).toBeLessThan(40)

  const all = await page.locator('.alarm').count()
  await page.selectOption('#filter-area', 'fuzhou/taijiang')
  await page.waitForFunction((before) => document.querySelectorAll('.alarm').length < before, all)
  expect((await page.locator('.alarm .where').allTextContents()).every((text) => text.includes('taijiang'))).toBe(true)
  await page.click('.chip.critical')
  await page.waitForFunction(() => [...document.querySelectorAll('.alarm')].every((row) => row.classList.contains('critical')))
  await shoot(page, 'desktop-filtered')
  expect(errors).toEqual([])
})

browserTest('only a seal that is missed is offline in red; one that was never heard says so quietly', async (path) => {
  const { page, errors } = await open(path, { width: 1360, height: 850, language: 'en-GB' })
  const linkOf = async (site: string): Promise<{ readonly text: string | null; readonly red: boolean }> => {
    await page.fill('#site-search', site)
    await page.waitForFunction((name) => [...document.querySelectorAll('.site-rows .site')].map((cell) => cell.textContent).join('') === name, site)
    const cell = page.locator('.site-rows .link')
    return {
      text: await cell.textContent(),
      red: await cell.evaluate(
        (element) => getComputedStyle(element).color === getComputedStyle(document.querySelector('.alarm.critical .word') as Element).color,
      ),
    }
  }
  expect(await linkOf('zho-0010-0009')).toEqual({ text: 'offline', red: true })
  expect(await linkOf('wus-0008-0007')).toEqual({ text: 'not heard yet', red: false })
  expect(await page.locator('.site-rows .link').evaluate((cell) => cell.scrollWidth <= cell.clientWidth)).toBe(true)
  expect(errors).toEqual([])
})

browserTest('in Chinese no English is left, and in English no Chinese; usable at 390 px', async (path) => {
  const { page, errors } = await open(path, { width: 390, height: 844, language: 'zh-CN' })
  expect(await page.getAttribute('html', 'lang')).toBe('zh-CN')
  await page.waitForTimeout(1_200)
  await shoot(page, 'phone-zh')
  const visible = (): Promise<string> =>
    page.evaluate(() => {
      const texts: string[] = []
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const parent = node.parentElement
        if (parent?.closest('[translate=no], #language, #filter-area') == null) texts.push(node.textContent ?? '')
      }
      for (const element of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
        if (element.closest('[translate=no], #language, .acknowledge') === null)
          texts.push(element.getAttribute('aria-label') ?? '', element.getAttribute('placeholder') ?? '')
      }
      return texts.join('\n')
    })
  expect((await visible()).replaceAll(/duty-gulou-2/g, '')).not.toMatch(/[A-Za-z]{2,}/)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await page.click('.panel-choice:nth-child(2)')
  await page.locator('.site-rows .site-row').first().waitFor()
  await shoot(page, 'phone-zh-sites')
  await page.click('#language')
  expect(await page.getAttribute('html', 'lang')).toBe('en')
  expect(await visible()).not.toMatch(/[\u4e00-\u9fff]/)
  await page.reload()
  await page.waitForSelector('.connection[data-state=live]')
  expect(await page.getAttribute('html', 'lang')).toBe('en')
  expect(errors).toEqual([])
})

browserTest('text is readable: contrast of at least 4.5, light and dark', async (path) => {
  for (const dark of [false, true]) {
    const { page } = await open(path, { width: 1440, height: 900, language: dark ? 'zh-CN' : 'en-GB', dark })
    await page.waitForTimeout(1_200)
    await shoot(page, dark ? 'desktop-zh-dark' : 'desktop-en-light')
    const low = await page.evaluate(lowContrast)
    expect(low).toEqual([])
    await browser?.close()
    await server?.close()
  }
})

browserTest('a browser without a session is asked for a token, and a refused one is told', async (path) => {
  const { page } = await open(path, { width: 390, height: 844, language: 'en-GB', token: 'operator@fuzhou/gulou' })
  expect(
    await page
      .locator('.alarm .where')
      .allTextContents()
      .then((texts) => texts.length > 0 && texts.every((text) => text.includes('gulou'))),
  ).toBe(true)
  await page.context().clearCookies()
  expect((await page.goto(`${server?.url}/`))?.status()).toBe(401)
  await page.fill('#token', 'not-a-token-at-all')
  await page.click('button[type=submit]')
  await page.waitForFunction(() => document.querySelector('.problem')?.textContent === 'This token was not accepted.')
  await shoot(page, 'phone-sign-in')
})

/** Runs in the page: texts whose colour is too close to what is painted behind them. */
const lowContrast = (): string[] => {
  const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: readonly number[]): number => {
    const [r = 0, g = 0, b = 0] = color.slice(0, 3).map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element: Element | null): number[] => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at)
      // Of a gradient its first stop: the strongest tint.
      const color = channels(backgroundImage.startsWith('linear-gradient') ? (/rgb[^)]*\)/.exec(backgroundImage)?.[0] ?? '') : backgroundColor)
      if (color.length >= 3 && (color[3] ?? 1) > 0.99) return color
    }
    return [255, 255, 255]
  }
  const found: string[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    if (
      element === null ||
      (node.textContent ?? '').trim() === '' ||
      element.getClientRects().length === 0 ||
      element.closest('.unseen, option, :disabled') !== null
    )
      continue
    const a = luminance(channels(getComputedStyle(element).color))
    const b = luminance(behind(element))
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) found.push(`${element.className || element.tagName} "${node.textContent}" ${ratio.toFixed(2)}`)
  }
  return [...new Set(found)]
}
