import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { Worker } from '@temporalio/worker'
import { workflowBundle } from '../../worker/workflow-bundle.ts'
import { historyFromJson } from '../support/history-json.ts'
import { quietRuntime } from '../support/quiet-runtime.ts'
import { decoded, HISTORIES, recordHistories } from '../support/record-history.ts'

/** Runs that were recorded from workflow code of the past must be understood by that of today. */

interface Recorded {
  name: string
  json: string
}

const SCENARIOS = [
  'connectionWorkflow/continued-as-new',
  'connectionWorkflow/disconnected',
  'connectionWorkflow/ended',
  'connectionWorkflow/refreshed',
  'connectionWorkflow/revoked',
  'connectionWorkflow/trouble',
  'connectionWorkflow/warned-and-validated',
  'postWorkflow/cancelled-when-staged',
  'postWorkflow/commands-as-signals',
  'postWorkflow/failed-and-retried',
  'postWorkflow/fresh-token',
  'postWorkflow/held-and-approved',
  'postWorkflow/lost-answer',
  'postWorkflow/published-now',
  'postWorkflow/scheduled',
  'postWorkflow/two-targets',
  'rotateKeysWorkflow/rotated',
  'sweepWorkflow/swept',
]

let recorded: Recorded[]

beforeAll(async () => {
  quietRuntime()
  if (process.env.CLARION_RECORD_HISTORIES) await recordHistories()
  recorded = await readHistories()
}, 120_000)

async function readHistories(): Promise<Recorded[]> {
  if (!existsSync(HISTORIES)) return []
  const files = (await readdir(HISTORIES, { recursive: true })).filter((f) => f.endsWith('.json'))
  return Promise.all(
    files.sort().map(async (file) => ({
      name: join(file, '..', basename(file, '.json')),
      json: await readFile(join(HISTORIES, file), 'utf8'),
    })),
  )
}

/** Names of the histories that today's code does not follow, with the reason. */
async function deviations(histories: Recorded[]): Promise<string[]> {
  const bundle = await workflowBundle(join(tmpdir(), 'clarion-test-bundles'))
  const given = histories.map(({ name, json }) => ({
    workflowId: name,
    history: historyFromJson(JSON.parse(json)),
  }))
  const found: string[] = []
  for await (const result of Worker.runReplayHistories({ workflowBundle: bundle }, given)) {
    if (result.error) found.push(`${result.workflowId}: ${result.error.message}`)
  }
  return found
}

function alter(name: string, from: RegExp, to: string): Recorded {
  const json = recorded.find((one) => one.name === name)?.json ?? ''
  expect(json).toMatch(from)
  return { name, json: json.replace(from, to) }
}

describe('recorded histories', () => {
  test('are there for every scenario', () => {
    expect(recorded.map(({ name }) => name).sort()).toEqual(SCENARIOS)
  })

  test('are followed by today’s workflow code', async () => {
    expect(await deviations(recorded)).toEqual([])
  })

  test('would show a deviation: another activity, another workflow', async () => {
    const altered = [
      alter(
        'postWorkflow/published-now',
        /"name": "publishToPlatform"/g,
        '"name": "somethingElse"',
      ),
      alter('connectionWorkflow/disconnected', /"name": "disconnectConnection"/g, '"name": "gone"'),
      alter('postWorkflow/scheduled', /"name": "postWorkflow"/g, '"name": "sweepWorkflow"'),
    ]
    const found = await deviations(altered)
    expect(found.map((line) => line.split(':')[0]).sort()).toEqual(
      altered.map(({ name }) => name).sort(),
    )
  })

  test('hold ids, instants and codes, but no secret, no content and no place', () => {
    for (const { name, json } of recorded) {
      const readable = decoded(json)
      // Proof that payloads were decoded: workflows of one tenant are given its id.
      const isOfTenant = !/^(sweep|rotateKeys)/.test(name)
      if (isOfTenant) expect(readable).toContain('"tenantId":"')
      for (const forbidden of [
        /sbx_secret/,
        /eyJ[\w-]{8,}\./,
        /local:v\d/,
        /post 0\.\d/,
        /\/work\//,
      ]) {
        expect([name, forbidden.exec(readable)?.[0]]).toEqual([name, undefined])
      }
    }
  })
})
