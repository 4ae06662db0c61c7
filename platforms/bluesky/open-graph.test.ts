import { describe, expect, test } from '@jest/globals'
import { type OpenGraph, readOpenGraph } from './open-graph.ts'

describe('readOpenGraph', () => {
  test.each<[string, string, OpenGraph]>([
    [
      'the usual',
      '<head><meta property="og:title" content="T"><meta property="og:description" content="D"><meta property="og:image" content="/i.png"></head>',
      { title: 'T', description: 'D', image: '/i.png' },
    ],
    [
      'entities',
      '<meta property="og:title" content="Caf&eacute; &amp; &#39;Co&#39;">',
      { title: "Café & 'Co'" },
    ],
    ['only a title', '<title>\n Plain   title </title>', { title: 'Plain title' }],
    [
      'Open Graph before the title',
      '<title>Site | Page</title><meta property="og:title" content="Page">',
      { title: 'Page' },
    ],
    [
      'by name',
      '<meta name="twitter:title" content="T"><meta name="description" content="D">',
      { title: 'T', description: 'D' },
    ],
    ['upper case', '<META PROPERTY="OG:TITLE" CONTENT="T">', { title: 'T' }],
    [
      'the first of several',
      '<meta property="og:title" content="1"><meta property="og:title" content="2">',
      { title: '1' },
    ],
    ['the title of a drawing', '<body><svg><title>Icon</title></svg></body>', {}],
    ['what a body quotes', '<head></head><body><meta property="og:title" content="T"></body>', {}],
    ['empty ones', '<meta property="og:title" content=" "><title></title>', {}],
    ['cut in the middle', '<title>Page</title><meta property="og:descr', { title: 'Page' }],
    ['no page', '{"a": 1}', {}],
  ])('%s', (_name, html, expected) => {
    expect(readOpenGraph(html)).toEqual(expected)
  })
})
