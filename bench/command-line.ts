import { Command, CommanderError } from 'commander'
import type { CommandContext } from './commands/options.ts'
import { registerServe, type StartEngine } from './commands/serve.ts'
import { registerBackup, registerRestore } from './commands/backup.ts'
import { registerBench } from './commands/bench.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerPolicy } from './commands/policy.ts'
import { registerImport, registerQuery, registerToken } from './commands/query.ts'
import { registerKernels } from './commands/kernels.ts'
import { registerExplain } from './commands/explain.ts'
import { registerReplay } from './commands/replay.ts'
import { registerSend } from './commands/send.ts'
import { registerSimulate } from './commands/simulate.ts'
import { CommandError } from './target.ts'

// `sealstream`: the command line. What a person can mend is one line on standard error and status 2; anything else is a bug and
// shows its stack.

const USAGE = 2

export const runCommandLine = async (argv: readonly string[], environment: NodeJS.ProcessEnv, startEngine: StartEngine): Promise<void> => {
  const program = new Command('sealstream')
    .description('The engine behind fleets of door sensors, and the tools around it')
    .showHelpAfterError('(--help says more)')
    .exitOverride()
  const context: CommandContext = {
    environment,
    exit: (status) => {
      process.exitCode = status
    },
  }
  registerServe(program, startEngine, environment)
  for (const register of [
    registerSimulate,
    registerReplay,
    registerSend,
    registerExplain,
    registerQuery,
    registerImport,
    registerToken,
    registerPolicy,
    registerDoctor,
    registerBackup,
    registerRestore,
    registerDemo,
    registerBench,
    registerKernels,
  ])
    register(program, context)
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE
    else if (error instanceof CommandError) {
      process.stderr.write(`sealstream: ${error.message}\n`)
      process.exitCode = USAGE
    } else throw error
  }
}
