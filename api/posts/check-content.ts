import type { FieldError } from '../../domain/errors.ts'
import { readAccountLimits } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'
import type { Deps } from '../deps.ts'
import type { PlannedTarget } from './plan-targets.ts'

/** Everything a platform would refuse in what each target is going to send. */
export function contentErrors(
  deps: Pick<Deps, 'registry'>,
  content: string,
  targets: readonly PlannedTarget[],
): FieldError[] {
  return targets.flatMap((target) => {
    const { connection, path } = target
    const connector = deps.registry.connector(connection.platform)
    if (connector === undefined) return [unsupported(path, connection.platform)]
    const settings = { ...connection.settings, ...target.settings }
    const text = target.content ?? content
    const limits = readAccountLimits(connection.metadata)
    return connector
      .validate({ text, settings }, limits)
      .map((finding) => ({ ...finding, path: `${path}.${placeOf(finding.path)}` }))
  })
}

/** Throws `content_invalid` with every finding. */
export function assertContent(
  requester: Requester<'content_invalid'>,
  content: string,
  targets: readonly PlannedTarget[],
): void {
  const errors = contentErrors(requester.deps, content, targets)
  if (errors.length === 0) return
  const detail = errors.map((error) => error.message).join(' ')
  throw requester.fail('content_invalid', { errors, detail })
}

/** Connectors speak of the text of a draft; clients know it as content. */
function placeOf(path: string): string {
  return path === '' || path === 'text' ? 'content' : path
}

function unsupported(path: string, platform: string): FieldError {
  const message = `Clarion cannot publish to ${platform} yet.`
  return { path, code: 'platform_unsupported', message }
}
