import type { Platform } from '../../domain/platforms.ts'
import type { Access } from '../../platforms/call.ts'
import type { Committed, Content, PublishCall } from '../../platforms/connector.ts'
import { contentOf, draftOf, drive } from '../connectors/drive.ts'
import { attemptOf, type Harness, startHarness } from '../connectors/harness.ts'
import type { MediaFile } from '../support/media-files.ts'
import { makeRequestCheck, type RequestCheck } from './check-request.ts'
import { type Recorded, recording } from './recording-http.ts'
import type { Description } from './vendor-sdk.ts'

/** A connector in front of its sandbox, whose requests are kept and judged. */
export interface Shapes {
  harness: Harness
  check: RequestCheck
  /** Every request since the start, what connects accounts left out. */
  requests: Recorded[]
  call: PublishCall
  added(...files: MediaFile[]): MediaFile['facts'][]
  /** What the description says against everything that `act` asked for. */
  faultsOf(act: (call: PublishCall) => Promise<unknown>): Promise<string[]>
  /** Publishes what validates, as `access`, and returns its parts. */
  publish(content: Partial<Content>, access: Access, call: PublishCall): Promise<Committed[]>
  /** Looks what became of content, as after a lost answer. */
  confirm(content: Partial<Content>, access: Access, call: PublishCall): Promise<unknown>
  close(): Promise<void>
}

export async function startShapes(
  platform: Platform,
  description: Description,
  basePath = '',
): Promise<Shapes> {
  const harness = await startHarness(platform)
  const check = makeRequestCheck(description, `/${platform}${basePath}`)
  const { connector, files } = harness
  const { http, requests } = recording(harness.call.http)
  const call = { ...harness.call, http }
  return {
    harness,
    check,
    requests,
    call,
    added: (...made) => {
      files.add(...made)
      return made.map(({ facts }) => facts)
    },
    faultsOf: async (act) => {
      const before = requests.length
      await act(call)
      const asked = requests.slice(before)
      if (asked.length === 0) throw new Error('nothing was asked')
      return asked.flatMap(check.faultsOf)
    },
    publish: async (content, access, with_) => {
      const whole = contentOf(content)
      const findings = connector.validate(whole)
      if (findings.length > 0) throw new Error(JSON.stringify(findings))
      return (await drive(connector, whole, access, with_)).parts
    },
    confirm: async (content, access, with_) => {
      const draft = draftOf({ role: 'post', ...contentOf(content) }, [])
      return connector.confirm?.(attemptOf(draft), access, with_)
    },
    close: () => harness.close(),
  }
}
