import type { RequestHandler } from 'express'
import sharp from 'sharp'
import { escapeHtml } from '../http/html.ts'

/** Large enough for every platform's link card. */
const PICTURE = { width: 1200, height: 630 }
/** Noise does not compress: well above the megabyte that Bluesky takes. */
const BIG_PICTURE = { width: 1600, height: 1000 }

/**
 * GET /_pages/:name: a web page whose Open Graph tags a link card is made of. Any name works, and
 * these differ: `plain` has a title only, `no-image` no picture, `big-image` one of several
 * megabytes, `broken-image` one that is not there, `moved` leads to `/_pages/target`, `missing` is 404.
 */
export const showPage: RequestHandler = async (req, res) => {
  const name = String(req.params.name)
  if (name === 'moved') return res.redirect('/_pages/target')
  if (name === 'missing') return void res.status(404).type('html').send('<title>Not found</title>')
  const origin = `${req.protocol}://${req.get('host')}`
  res.type('html').send(pageOf(name, origin))
}

/** GET /_pages/:name/picture.png */
export const showPicture: RequestHandler = async (req, res) => {
  const name = String(req.params.name)
  if (name === 'broken-image') return void res.sendStatus(404)
  res.type('png').send(await pictureOf(name))
}

function pageOf(name: string, origin: string): string {
  const title = `Page “${name}” & more`
  const tags: [string, string][] = [
    ['og:title', title],
    ['og:description', `What ${name} is about: <tags>, “quotes” & ünïcode.`],
    ['og:url', `${origin}/_pages/${encodeURIComponent(name)}`],
    ['og:image', `${origin}/_pages/${encodeURIComponent(name)}/picture.png`],
  ]
  const shown =
    name === 'plain' ? [] : tags.filter(([tag]) => name !== 'no-image' || tag !== 'og:image')
  const metas = shown.map(
    ([property, content]) => `<meta property="${property}" content="${escapeHtml(content)}">`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>${escapeHtml(title)}</title>
${metas.join('\n')}
</head><body><h1>${escapeHtml(title)}</h1></body></html>`
}

function pictureOf(name: string): Promise<Buffer> {
  const background = { r: name.length * 20, g: 120, b: 200 }
  if (name !== 'big-image') {
    return sharp({ create: { ...PICTURE, channels: 3, background } })
      .png()
      .toBuffer()
  }
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 }
  return sharp({ create: { ...BIG_PICTURE, channels: 3, background, noise } })
    .png()
    .toBuffer()
}
