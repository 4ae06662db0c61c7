import { createRequire } from 'node:module'
import type { WorkflowHandle } from '@temporalio/client'

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>

interface MessageType {
  fromObject(object: object): object
}
interface ProtoJson {
  toJson(type: MessageType, message: object): unknown
  fromJson(type: MessageType, json: unknown, options: object): History
}

/**
 * `historyToJSON` of @temporalio/common fails ("type must be a Type") where npm gives each of the
 * SDK's packages a protobufjs of its own. Taken from beside @temporalio/proto, the two fit.
 */
const besideProto = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'))
const { toJson, fromJson }: ProtoJson = besideProto('protobufjs/ext/protojson')
const { patchProtobufRoot } = besideProto('@temporalio/proto/lib/patch-protobuf-root')
const historyType: MessageType = patchProtobufRoot(besideProto('@temporalio/proto')).lookupType(
  'temporal.api.history.v1.History',
)

/** The protobuf JSON form of a history, as the Temporal UI and CLI export it. */
export function historyToJson(history: History): unknown {
  return toJson(historyType, historyType.fromObject(history))
}

export function historyFromJson(json: unknown): History {
  return fromJson(historyType, json, { ignoreUnknownFields: true })
}
