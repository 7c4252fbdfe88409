// The last lines of a test run: how many passed, failed and were skipped, and which outside parts were missing, so that a run
// without a browser or Prometheus never looks like a whole one. `.ci/run` reads the line that starts with "tests:".
import type { Reporter, TestCase } from 'vitest/node'

export default class PartsReporter implements Reporter {
  readonly #counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
  readonly #skips: string[] = []

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    this.#counts[result.state]++
    if (result.state === 'skipped') this.#skips.push(`${test.fullName}${result.note === undefined ? '' : `: ${result.note}`}`)
  }

  onTestRunEnd(modules: ReadonlyArray<{ readonly errors: () => readonly unknown[] }>, errors: readonly unknown[]): void {
    const { passed, failed, skipped, pending } = this.#counts
    // A file that could not be loaded, and an error outside of any test, count as failures: neither has a test case.
    const broken = modules.reduce((sum, module) => sum + module.errors().length, errors.length)
    for (const skip of this.#skips) console.log(`skipped: ${skip}`)
    console.log(`tests: ${passed} passed, ${failed + broken} failed, ${skipped + pending} skipped`)
  }
}
