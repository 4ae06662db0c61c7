/** `node scripts/start/draw-demo.ts FOLDER`: leaves the demo's picture and video there. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoPicture, demoVideo } from './demo-media.ts'

const [folder = ''] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
for (const { name, bytes } of await Promise.all([demoPicture(), demoVideo()])) {
  writeFileSync(join(folder, name), bytes)
}
