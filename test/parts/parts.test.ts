// The outside parts really are what their names say, and a browser shows Chinese text as text.
import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'
import { launchBrowser } from './browser.ts'
import { partTest } from './part-test.ts'

partTest('chromium')('chromium shows Chinese text at phone and desktop width', async (path) => {
  const browser = await launchBrowser(path)
  try {
    for (const width of [390, 1280]) {
      const page = await browser.newPage({ viewport: { width, height: 800 } })
      await page.setContent('<meta charset="utf-8"><canvas id="c" width="100" height="100"></canvas>')
      // Where there is no glyph, any two signs are the same box.
      const drawn = await page.evaluate<readonly string[]>(`['封', '条', '警', '开'].map((sign) => {
        const canvas = document.getElementById('c'), draw = canvas.getContext('2d')
        draw.clearRect(0, 0, 100, 100); draw.font = '60px sans-serif'; draw.fillText(sign, 10, 70)
        return canvas.toDataURL()
      })`)
      expect(new Set(drawn).size, 'signs look different from each other').toBe(4)
      expect(await page.evaluate('innerWidth')).toBe(width)
      await page.close()
    }
  } finally {
    await browser.close()
  }
})

for (const name of ['prometheus', 'promtool', 'strace'] as const) {
  partTest(name)(`${name} runs`, (path) => {
    expect(execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toContain(name)
  })
}
