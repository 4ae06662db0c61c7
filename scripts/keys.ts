import { parseArgs } from 'node:util'
import type { Config } from '../config/load-config.ts'
import type { RotateKeysInput, RotationCommand } from '../workflows/keys-contract.ts'
import { keysConfig, loadEnvFile, vaultAddress } from './keys/environment.ts'
import {
  commandRotation,
  connectTemporal,
  EXIT,
  followRotation,
  rotationLine,
  startRotation,
} from './keys/rotation.ts'
import { cipherLine, endedRows, readKeys, readVersionCounts, versionTable } from './keys/status.ts'

const USAGE =
  'Usage: npm run keys:status | npm run keys:rotate [-- --rewrap-only | --reopen | --skip-damaged | --settle-seconds <n> | --pause | --resume | --cancel]'
const COMMANDS = ['pause', 'resume', 'cancel'] as const

/**
 * `npm run keys:rotate`: new key version, every secret moved to it, old versions ended; follows a
 * rotation that runs already. Exit code 0 done, 1 not done, 3 it waits for a person.
 * `npm run keys:status`: versions, rows of each, the newest rotation; 1 when rows open no more.
 */
export async function runKeys(
  [verb, ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const config = keysConfig(env)
  if (verb === 'status' && args.length === 0) return status(config, vaultAddress(env))
  if (verb === 'rotate') return rotate(config, args)
  throw new Error(USAGE)
}

async function status(config: Config, vaultAddr: string | undefined): Promise<number> {
  const [report, counts] = await Promise.all([
    readKeys(config, vaultAddr),
    readVersionCounts(config),
  ])
  console.log([cipherLine(vaultAddr, report), ...versionTable(counts)].join('\n'))
  const client = await connectTemporal(config.temporal)
  try {
    console.log(`Rotation  ${await rotationLine(client)}`)
  } finally {
    await client.connection.close()
  }
  const ended = endedRows(counts, report)
  if (ended === 0) return EXIT.done
  console.log(`${ended} rows are of a version that has ended; see docs/runbooks/key-rotation.md`)
  return EXIT.notDone
}

async function rotate(config: Config, args: readonly string[]): Promise<number> {
  const { command, input } = readOptions(args)
  const client = await connectTemporal(config.temporal)
  try {
    if (command !== undefined) {
      console.log(await commandRotation(client, command))
      return EXIT.done
    }
    const { handle, isNew } = await startRotation(client, input)
    if (!isNew) console.log('A rotation is under way already; following that one.')
    return await followRotation(client, handle, (line) => console.log(line))
  } finally {
    await client.connection.close()
  }
}

function readOptions(args: readonly string[]): {
  command?: RotationCommand
  input: RotateKeysInput
} {
  const flag = { type: 'boolean' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      'rewrap-only': flag,
      reopen: flag,
      'skip-damaged': flag,
      'settle-seconds': { type: 'string' },
      pause: flag,
      resume: flag,
      cancel: flag,
    },
  })
  const seconds = values['settle-seconds']
  if (seconds !== undefined && !/^\d{1,5}$/.test(seconds)) throw new Error(USAGE)
  return {
    command: COMMANDS.find((name) => values[name]),
    input: {
      rotate: !values['rewrap-only'],
      reopen: values.reopen,
      skipDamaged: values['skip-damaged'],
      settleMs: seconds === undefined ? undefined : Number(seconds) * 1_000,
    },
  }
}

if (import.meta.main) {
  loadEnvFile()
  process.exitCode = await runKeys(process.argv.slice(2), process.env).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    console.error(`keys: ${message.split('\n', 1)[0]}`)
    return EXIT.notDone
  })
}
