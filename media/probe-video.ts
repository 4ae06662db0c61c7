import {
  EncodedPacketSink,
  FilePathSource,
  Input,
  type InputTrack,
  MP4,
  QTFF,
  WEBM,
} from 'mediabunny'
import { isIsoFileWhole, isWebmWhole } from './containers.ts'
import { broken, MediaRefused, type ProbedFacts, unsupported } from './refusal.ts'

const CACHE_BYTES = 4 * 1024 * 1024
/** Enough to tell a frame rate; reading all would read the whole file of some formats. */
const SAMPLE_PACKETS = 250

/** MP4, QuickTime or WebM, without decoding a frame. Throws MediaRefused. */
export async function probeVideo(
  path: string,
  fileName: string,
  mimeType: string,
): Promise<ProbedFacts> {
  const isWhole = mimeType === 'video/webm' ? isWebmWhole : isIsoFileWhole
  if (!(await isWhole(path))) throw broken(fileName)
  const source = new FilePathSource(path, { maxCacheSize: CACHE_BYTES })
  const input = new Input({ source, formats: [MP4, QTFF, WEBM] })
  try {
    return await factsOf(input, fileName, mimeType)
  } catch (error) {
    throw error instanceof MediaRefused ? error : broken(fileName, error)
  } finally {
    input.dispose()
  }
}

async function factsOf(input: Input, fileName: string, mimeType: string): Promise<ProbedFacts> {
  const video = await input.getPrimaryVideoTrack()
  const audio = await input.getPrimaryAudioTrack()
  if (video === null) {
    throw unsupported(fileName, 'holds no moving picture', 'Choose a video with a picture.')
  }
  await assertReadable(video, fileName)
  if (audio !== null) await assertReadable(audio, fileName)
  const seconds = await input.computeDuration()
  const { averagePacketRate } = await video.computePacketStats(SAMPLE_PACKETS)
  const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()]
  if (!(seconds > 0 && width > 0 && height > 0)) throw broken(fileName)
  return {
    ...{ kind: 'video', mimeType, width: Math.round(width), height: Math.round(height) },
    durationMs: Math.round(seconds * 1000),
    ...(averagePacketRate > 0 ? { frameRate: Number(averagePacketRate.toFixed(3)) } : {}),
    videoCodec: (await video.getCodec()) ?? 'unknown',
    ...(audio === null ? {} : { audioCodec: nameOf(await audio.getCodec()) }),
  }
}

/** The index of a file may tell of packets that the file does not hold. */
async function assertReadable(track: InputTrack, fileName: string): Promise<void> {
  const sink = new EncodedPacketSink(track)
  const last = await sink.getPacket(Number.POSITIVE_INFINITY)
  if (last === null || last.data.length === 0) throw broken(fileName)
}

/** One name for the many forms of PCM. */
function nameOf(codec: string | null): string {
  if (codec === null) return 'unknown'
  return /^(pcm-|ulaw|alaw)/.test(codec) ? 'pcm' : codec
}
