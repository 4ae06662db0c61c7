import type { GraphProblem } from '../meta/errors.ts'

/** Refusals of what a Page publishes: https://developers.facebook.com/docs/graph-api/guides/error-handling/ */
export const EMPTY_POST: GraphProblem = {
  message: '(#100) Missing message or attachment',
  code: 100,
  subcode: 1349125,
  isTransient: false,
  userTitle: 'Missing message or attachment',
  userMessage: 'The post is empty. Please enter a message to share.',
}

export const DUPLICATE: GraphProblem = {
  message: '(#506) Duplicate status message',
  code: 506,
  subcode: 1455006,
  isTransient: false,
  userTitle: 'Duplicate Status Update',
  userMessage:
    'This status update is identical to the last one you posted. Try posting something different, or delete your previous update.',
}

export const ALREADY_POSTED: GraphProblem = {
  message: '(#100) Photos were already posted.',
  code: 100,
  subcode: 1366051,
  isTransient: false,
  userTitle: 'Already Posted',
  userMessage: 'These photos were already posted.',
}

export const PHOTO_TOO_LARGE: GraphProblem = {
  message: '(#100) Invalid parameter',
  code: 100,
  subcode: 1366046,
  isTransient: false,
  userTitle: 'Can’t Read Files',
  userMessage:
    'Your photos couldn’t be uploaded. Photos should be less than 4 MB and saved as JPG, PNG, GIF or TIFF files.',
}

export const BAD_PHOTO: GraphProblem = {
  message: '(#324) Missing or invalid image file',
  code: 324,
  subcode: 2069019,
  isTransient: false,
  userTitle: 'Missing or invalid image file',
  userMessage: 'The file you selected couldn’t be read as a photo.',
}

export const BAD_VIDEO: GraphProblem = {
  message: 'Sorry, the video file you selected is in a format that we don’t support.',
  code: 352,
  subcode: 1363024,
  isTransient: false,
  userTitle: 'Unsupported Video Format',
  userMessage: 'The video you’re trying to upload is in a format that isn’t supported.',
}

export const BAD_URL: GraphProblem = {
  message: '(#100) Unable to fetch the file from the URL',
  code: 100,
  subcode: 2061006,
  isTransient: false,
  userTitle: 'Invalid URL',
  userMessage: 'The URL you provided couldn’t be reached.',
}

export const FACEBOOK_LINK: GraphProblem = {
  message: '(#100) Invalid link',
  code: 100,
  subcode: 1609008,
  isTransient: false,
  userTitle: 'Couldn’t post link',
  userMessage: 'Links to facebook.com cannot be shared this way.',
}

/** A story of a photo that is public already fails as an outage does. */
export const STORY_PHOTO_USED: GraphProblem = {
  message: 'An unknown error occurred',
  code: 1,
  status: 503,
}

export const TOO_FAST: GraphProblem = {
  message: 'You can’t post reels this often.',
  code: 368,
  subcode: 1390008,
  isTransient: false,
  userTitle: 'You’re Posting Too Fast',
  userMessage: 'We limit how often you can post in a given amount of time.',
}

export const ABUSIVE: GraphProblem = {
  message: 'The action attempted has been deemed abusive or is otherwise disallowed',
  code: 368,
  subcode: 1346003,
  isTransient: false,
  userTitle: 'Content Not Allowed',
  userMessage: 'This content can’t be shared, because it goes against our Community Standards.',
}

/** Answers an offset that is not the next one, with the one that is. */
export function wrongOffset(startOffset: number, endOffset: number): GraphProblem {
  return {
    message: 'There was a problem uploading your video. Please try again.',
    code: 6001,
    subcode: 1363037,
    isTransient: false,
    data: { start_offset: startOffset, end_offset: endOffset },
    userTitle: 'Error Uploading Video',
    userMessage: 'There was a problem uploading your video. Please try uploading it again.',
  }
}

export const NOT_UPLOADED: GraphProblem = {
  message: 'There was a problem uploading your video file. Please try again.',
  code: 6000,
  subcode: 1363130,
  isTransient: false,
  userTitle: 'Video Upload Incomplete',
  userMessage: 'The upload of the video is not complete.',
}
