import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterEach, expect } from 'vitest'
import { launchBrowser } from '../parts/browser.ts'
import { partTest } from '../parts/part-test.ts'
import { root } from '../parts/root.ts'
import { type DemoRun, startDemo } from './demo-run.ts'

// The demo's page in a real browser, on the real engine with its ClickHouse and a whole fleet: what a newcomer sees and does in the
// first minute. The bounds are the promises that the README makes, so they are the timeouts here.

const PAGE_MS_MAX = 60_000
const INCIDENT_MS_MAX = 10_000
const ALARM_MS_MAX = 1_000

let demo: DemoRun | undefined
let browser: Browser | undefined
afterEach(async () => {
  await browser?.close()
  await demo?.clear()
  browser = undefined
  demo = undefined
})

const paste = (line: string): Promise<{ readonly stdout: string }> => promisify(execFile)('bash', ['-c', line], { cwd: root, timeout: 20_000 })
const idsOf = (page: Page): Promise<readonly (string | null)[]> => page.locator('.alarm').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id')))

partTest('chromium')(
  'a newcomer signs in by the link, sees an incident, acknowledges it, and raises one by a pasted line',
  async (path) => {
    const startedAt = performance.now()
    demo = startDemo()
    browser = await launchBrowser(path)
    const page = await browser.newPage({ viewport: { width: 1360, height: 850 }, locale: 'en-GB' })
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })

    const [, link = ''] = await demo.printed(/(http:\/\/\S+\?code=\S+)/)
    await page.goto(link)
    await page.waitForSelector('.connection[data-state=live]', { timeout: Math.max(1, PAGE_MS_MAX - (performance.now() - startedAt)) })
    expect(page.url()).not.toContain('code=')
    await page.waitForSelector('.alarm', { timeout: INCIDENT_MS_MAX })

    // Every seal of the fleet was heard in its first moments, and the rows say so without a reload.
    await page.waitForFunction(
      `document.querySelectorAll('.site-rows [data-link]').length > 5 && document.querySelectorAll('.site-rows [data-link]:not([data-link=online])').length === 0`,
      undefined,
      { timeout: 10_000 },
    )

    const [first] = await idsOf(page)
    const row = page.locator(`[data-id="${first}"]`)
    const site = (await row.locator('.site').textContent()) ?? ''
    await row.locator('button.acknowledge').click()
    await row.waitFor({ state: 'detached', timeout: 5_000 })
    // Over: it is closed, and told so. Going on: it waits among the acknowledged ones until it is over, which a door is in seconds.
    await page.locator('.closed-list li', { hasText: site }).first().waitFor({ timeout: 20_000 })
    expect(await page.locator('.closed-list li', { hasText: site }).first().textContent()).toContain('acknowledged by admin')

    const [send] = await demo.printed(/^node dist\/main\.js send .*$/m)
    const [, sealId = ''] = /--seal (\w{16})/.exec(send) ?? []
    expect((await paste(send)).stdout).toContain('is durable')
    await page.locator('.alarm', { hasText: sealId }).waitFor({ timeout: ALARM_MS_MAX })
    expect(await page.locator('.alarm', { hasText: sealId }).textContent()).toContain('Door opened without a permit')
    // The door itself is told to the page too.
    const quiet = (await page.locator('.alarm', { hasText: sealId }).locator('.site').textContent()) ?? ''
    await page.fill('#site-search', quiet)
    await page.waitForSelector('.site-rows [data-door=open]', { timeout: ALARM_MS_MAX })

    const [sql] = await demo.printed(/^curl .*--data-binary.*$/m)
    expect((await paste(sql)).stdout).toContain('HEARTBEAT')
    const [metrics] = await demo.printed(/^curl .*\/metrics.*$/m)
    expect((await paste(metrics)).stdout).toContain('sealstream_events_accepted_total')
    expect(errors).toEqual([])

    expect(demo.processes().length).toBeGreaterThan(1)
    expect(await demo.interrupt()).toBe(0)
    expect(demo.text()).toContain('stopped. The data is in')
    expect(demo.processes()).toEqual([])
    await page.waitForSelector('.connection[data-state=lost]')
  },
  120_000,
)
