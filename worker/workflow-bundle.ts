import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const ROOT = join(import.meta.dirname, '..')
/** All that workflow code may be made of; see the import rules. */
const SOURCES = ['workflows', 'domain']

/**
 * Path of the bundled workflow code. Bundling takes seconds, so the result is kept in `cacheDir`
 * under a name that changes with every source file and with the SDK.
 */
export async function workflowBundle(cacheDir: string): Promise<{ codePath: string }> {
  const codePath = join(cacheDir, `workflows-${await fingerprint()}.js`)
  if (await exists(codePath)) return { codePath }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows/index.ts'),
    // webpack tells the size of every module otherwise.
    logger: new DefaultLogger('WARN'),
  })
  await mkdir(cacheDir, { recursive: true })
  // Written aside and renamed: another worker must never load half a file.
  const draft = `${codePath}.${process.pid}`
  await writeFile(draft, code)
  await rename(draft, codePath)
  return { codePath }
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  hash.update(await readFile(join(ROOT, 'package-lock.json')))
  for (const folder of SOURCES) {
    const files = (await readdir(join(ROOT, folder), { recursive: true })).sort()
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.includes('.test.'))) {
      hash.update(file).update(await readFile(join(ROOT, folder, file)))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
