import { expect, test } from 'vitest'
import { runCampaign } from '../../bench/chaos/campaign.ts'
import { part } from '../parts/part.ts'

// A short run of the fault campaign, with the code of `npm run chaos`: a few rounds in each setting. SEALSTREAM_TEST_SEED repeats one.

const SEED = Number(process.env['SEALSTREAM_TEST_SEED'] ?? Date.now() % 1_000_000)
const strace = part('strace')

test('a short campaign: nothing receipted is lost or doubled, whatever fails', async () => {
  console.log(`chaos.test: SEALSTREAM_TEST_SEED=${SEED}`)
  const lines: string[] = []
  const result = await runCampaign({
    seed: SEED,
    minutes: 3,
    roundsMax: 6,
    roundsPerEpisode: 2,
    settings: ['embedded', 'proxied', 'small-disk'],
    strace: 'path' in strace ? strace.path : null,
    say: (line) => void lines.push(line),
  })
  expect(result.complaints, `seed ${SEED}\n${lines.join('\n')}`).toEqual([])
  expect(result.rounds).toBe(6)
  expect(result.events).toBeGreaterThan(1_000)
  expect(result.alarms).toBeGreaterThan(50)
  expect(result.receipts).toBeGreaterThan(20)
}, 300_000)
