import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { launchBrowser } from '../parts/browser.ts'
import { part } from '../parts/part.ts'
import { root } from '../parts/root.ts'
import { startDemo } from './demo-run.ts'

// `node dist/test/web/picture.js`: takes docs/page.png from a demo that has run for three quarters of a minute. Needs a browser
// (test/parts finds one, or says why there is none).

const RUN_MS = 45_000
const file = join(root, 'docs', 'page.png')

const take = async (): Promise<void> => {
  const have = part('chromium')
  if ('missing' in have) throw new Error(`no browser: ${have.missing}`)
  const demo = startDemo()
  const browser = await launchBrowser(have.path)
  try {
    const [, link = ''] = await demo.printed(/(http:\/\/\S+\?code=\S+)/)
    const page = await browser.newPage({ viewport: { width: 1360, height: 850 }, locale: 'en-GB' })
    await page.goto(link)
    await page.waitForTimeout(RUN_MS / 2)
    // The one that waits longest, so that the picture shows what becomes of an alarm.
    await page.locator('.alarm .acknowledge').last().click()
    await page.mouse.move(0, 0)
    await page.waitForTimeout(RUN_MS / 2)
    mkdirSync(dirname(file), { recursive: true })
    await page.screenshot({ path: file })
    console.log(`${file}: ${Math.round(statSync(file).size / 1024)} kB`)
  } finally {
    await browser.close()
    await demo.clear()
  }
}

await take()
