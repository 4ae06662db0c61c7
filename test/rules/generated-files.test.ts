import { describe, expect, test } from '@jest/globals'
import { ERRORS } from '../../domain/errors.ts'
import { linkFaults } from '../../scripts/check/doc-links.ts'
import { driftFaults } from '../../scripts/check/drift.ts'
import { renderErrorsDoc } from '../../scripts/check/errors-doc.ts'
import { openApiFaults } from '../../scripts/check/openapi.ts'
import { renderOutcomesDoc } from '../../scripts/check/outcomes-doc.ts'
import { readProjectFile } from '../../scripts/check/project-files.ts'
import { SUBJECTS } from '../contract/subjects.ts'

/** Cells of the row of an error. */
function lineOf(code: string): string[] {
  const row = renderErrorsDoc()
    .split('\n')
    .find((line) => line.includes(`<a id="${code}">`))
  return row?.split('|').map((cell) => cell.trim()) ?? []
}

describe('copies of what the code says', () => {
  test('docs/errors.md has every error, word for word', () => {
    expect(readProjectFile('docs/errors.md')).toBe(renderErrorsDoc())
    for (const [code, { title, action }] of Object.entries(ERRORS)) {
      expect(lineOf(code)).toEqual(expect.arrayContaining([title, action]))
    }
  })

  test('docs/publishing-outcomes.md has a table of every way to be connected', () => {
    const page = readProjectFile('docs/publishing-outcomes.md')
    expect(page).toBe(renderOutcomesDoc())
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)
    expect(headings).toEqual(Object.values(SUBJECTS).map(({ title }) => title))
    expect(page.match(/^\| nothing +\| published /gm)).toHaveLength(headings.length)
  })

  test('the example environment and the search attributes have not drifted', () => {
    expect(driftFaults()).toEqual([])
  })

  test('the OpenAPI document can be built and refers only to what it holds', async () => {
    expect(await openApiFaults()).toEqual([])
  })

  test('links between documents lead somewhere', () => {
    expect(linkFaults()).toEqual([])
  })
})
