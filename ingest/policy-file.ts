import { readFileSync } from 'node:fs'
import type { Principal } from '../core/ops.ts'
import { POLICY_DEFAULT } from '../core/policy.ts'
import { checkPolicy, problemsText } from '../core/policy-check.ts'
import type { PolicyDocument } from '../core/policy-document.ts'
import { isSameJson } from '../core/registry-policy.ts'
import { registryEntry } from '../core/thread/body.ts'
import type { Machine } from '../core/thread/machine.ts'
import type { Log } from './log/log.ts'

// The policy as a file (setting `policy`): read and checked before anything starts, so that a wrong one stops the start with what is
// wrong and where. Where it says other than the policy in force, it becomes an entry of the log, as if somebody had put it then.

/** Throws an Error whose message says which file, what and where. */
export const readPolicyFile = (path: string): PolicyDocument => {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`policy ${path}: ${(error as Error).message}`, { cause: error })
  }
  const checked = checkPolicy(POLICY_DEFAULT, value)
  if (checked.kind === 'wrong') throw new Error(`policy ${path}: ${problemsText(checked.problems)}`)
  return checked.document
}

const BY: Principal = { tokenNo: 0, name: 'policy file', role: 'admin', areas: [''] }
/** Resolves, once it is in force, with its version; null where it was already. */
export const putPolicyFile = async (document: PolicyDocument, { log, machine }: { readonly log: Log; readonly machine: Machine }): Promise<number | null> => {
  if (isSameJson(document, machine.policy().document)) return null
  await machine.whenApplied(await log.append(registryEntry({ op: 'put-policy', by: BY, document, expected: null })))
  return machine.policy().version
}
