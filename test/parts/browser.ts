// A real Chromium for tests of the page, driven by playwright-core. A machine without Chinese fonts shows boxes, so the browser is
// given one of its own: the slices of @fontsource-variable/noto-sans-sc, unpacked once from woff2, which fontconfig cannot read.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import wawoff2 from 'wawoff2'
import { partsFolder } from './part.ts'

/** Starts the browser at `path` (from `part('chromium')`); the caller closes it. Web security is on, as in a user's. */
export const launchBrowser = async (path: string): Promise<Browser> => {
  const fonts = await chineseFonts()
  return chromium.launch({
    executablePath: path,
    headless: true,
    // No sandbox: tests run as root in containers, and the pages are our own. /dev/shm is small there.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none'],
    env: { ...definedOf(process.env), FONTCONFIG_FILE: fonts },
  })
}

/** The fontconfig file that adds the Chinese font to the machine's own. */
const chineseFonts = async (): Promise<string> => {
  const home = join(partsFolder, 'fonts')
  const config = join(home, 'fonts.conf')
  if (existsSync(config)) return config
  mkdirSync(partsFolder, { recursive: true })
  const beside = mkdtempSync(join(partsFolder, 'fonts-'))
  const slices = join(dirname(createRequire(import.meta.url).resolve('@fontsource-variable/noto-sans-sc/package.json')), 'files')
  for (const name of readdirSync(slices).filter((one) => one.endsWith('-wght-normal.woff2'))) {
    writeFileSync(join(beside, name.replace('.woff2', '.ttf')), await wawoff2.decompress(readFileSync(join(slices, name))))
  }
  const folders = ['/usr/share/fonts', home].map((folder) => `<dir>${folder}</dir>`).join('')
  writeFileSync(
    join(beside, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders}<cachedir>${join(home, 'cache')}</cachedir></fontconfig>\n`,
  )
  try {
    renameSync(beside, home)
  } catch (error) {
    // Another test process was first.
    if (!existsSync(config)) throw error
    rmSync(beside, { recursive: true })
  }
  return config
}

const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined))
