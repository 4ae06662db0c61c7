import type { RotationProgress } from './keys-contract.ts'

/** One screen for an operator in the Temporal UI. */
export function keysCard(progress: RotationProgress): string {
  const { phase, paused, fromVersion, version, pass, table, left, trouble, refusedIds } = progress
  const versions = version === null ? 'no new version yet' : `version ${fromVersion} → ${version}`
  return [
    `### Key rotation · ${paused ? `paused (${phase})` : phase} · ${versions}`,
    `Started ${instant(progress.startedAt)} · pass ${pass}${table === null ? '' : ` · ${table}`}`,
    `Rows: ${progress.rewrapped} rewrapped, ${progress.overtaken} left to the next pass, ${progress.refused} refused`,
    '',
    '| table | rows left |',
    '|---|---|',
    ...Object.entries(left ?? {}).map(([name, rows]) => `| ${name} | ${rows} |`),
    '',
    ...(refusedIds.length > 0 ? [`Refused rows: ${refusedIds.join(', ')}`, ''] : []),
    ...(trouble ? [`Waits: ${trouble.message} (${trouble.code}, try ${trouble.tries})`, ''] : []),
    `What to do: ${progress.advice}`,
  ].join('\n')
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
