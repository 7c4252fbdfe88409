import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../parts/root.ts'

// All text that a person reads is in web/src/text.ts. (That both languages have every key is checked by the compiler; what is
// shown is checked in a browser by page.test.ts.) Here: no other source of the page holds Chinese, or an English sentence.

const folder = join(root, 'web', 'src')
const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'text.ts')
const withoutComments = (source: string): string => source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')
/** String literals that look like prose: a capital and a small letter, or words with a space between, no code characters. */
const prose = (source: string): string[] =>
  [...withoutComments(source).matchAll(/'([^'\n]*)'|`([^`]*)`/g)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((text) => /^[A-Z][a-z]+( |$)/.test(text) || /^[a-z]+( [a-z]+){2,}$/.test(text))

test.each(sources)('%s holds no text of its own', (name) => {
  const source = readFileSync(join(folder, name), 'utf8')
  expect(withoutComments(source)).not.toMatch(/[\u4e00-\u9fff]/)
  expect(prose(source)).toEqual([])
})

test('the check can fail', () => {
  expect(prose(`h('p', {}, 'Nothing is waiting.')`)).toEqual(['Nothing is waiting.'])
  expect(sources.length).toBeGreaterThan(8)
})
