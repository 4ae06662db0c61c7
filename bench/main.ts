import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { benchPublish } from './publish.ts'
import { benchRefresh } from './refresh.ts'
import { benchStart } from './start.ts'
import { benchSteady } from './steady.ts'

const RESULTS = join(import.meta.dirname, 'results')

const BENCHES: Readonly<Record<string, () => Promise<object>>> = {
  publish: () => benchPublish(),
  steady: benchSteady,
  start: benchStart,
  refresh: () => benchRefresh(),
}

await main(process.argv.slice(2))

/** `npm run bench -- publish steady`; all of them when none is named. */
async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !(name in BENCHES))
  if (unknown !== undefined) {
    process.stderr.write(`No bench "${unknown}"; there are: ${Object.keys(BENCHES).join(', ')}.\n`)
    process.exit(2)
  }
  await mkdir(RESULTS, { recursive: true })
  for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
    const result = await BENCHES[name]?.()
    const record = { bench: name, at: new Date().toISOString(), cores: cpus().length, ...result }
    await writeFile(join(RESULTS, `${name}.json`), `${JSON.stringify(record, null, 2)}\n`)
    print(name, record)
  }
}

function print(name: string, record: object): void {
  process.stdout.write(`\n${name}\n`)
  const rows = flatten(record)
  const width = Math.max(...rows.map(([key]) => key.length))
  for (const [key, value] of rows) process.stdout.write(`  ${key.padEnd(width)}  ${value}\n`)
}

/** `staged.p99Ms  2323`, one figure a line. */
function flatten(record: object, prefix = ''): [string, string][] {
  return Object.entries(record).flatMap(([key, value]): [string, string][] =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${prefix}${key}.`)
      : [[prefix + key, String(value)]],
  )
}
