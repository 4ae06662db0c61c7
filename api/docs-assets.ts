import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Express } from 'express'

const FOLDER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']

/** Started from a file of its own: the content security policy allows no script in a page. */
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
})
`

/** The reference's scripts and styles, from our own origin: it works without the Internet. */
export function serveDocsAssets(app: Express): void {
  app.get('/docs/assets/start.js', (_request, response) => {
    response.type('text/javascript').send(START)
  })
  for (const file of FILES) {
    app.get(`/docs/assets/${file}`, (_request, response) => {
      response.sendFile(file, { root: FOLDER, maxAge: '1 day' })
    })
  }
}

/** The page that shows /openapi.json and lets a key try it. */
export const REFERENCE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Clarion API reference</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="reference"><noscript>This page needs JavaScript; the same is in
<a href="/openapi.json">/openapi.json</a>.</noscript></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script></body></html>
`
