import type { VideoFault } from '../meta/media-check.ts'

/** `error_message` of a container: https://developers.facebook.com/docs/threads/troubleshooting */
export const PROBLEMS: Record<VideoFault, string> = {
  download: 'FAILED_DOWNLOADING_VIDEO',
  format: 'FAILED_PROCESSING_VIDEO',
  audio: 'FAILED_PROCESSING_AUDIO',
  ratio: 'INVALID_ASPEC_RATIO',
  duration: 'INVALID_DURATION',
  frame_rate: 'INVALID_FRAME_RATE',
}
