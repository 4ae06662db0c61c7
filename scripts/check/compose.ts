import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { z } from 'zod'
import { configVariables } from './config-variables.ts'
import { ROOT, readProjectFile } from './project-files.ts'

const COMPOSE_FILE = 'docker-compose.yml'
/** Of the Compose Specification; see deploy/schema/README.md. */
const SCHEMA = 'deploy/schema/compose-spec.json'
const OUR_IMAGE = 'clarion:'
/** Names of the compose file itself, which no container reads. */
const COMPOSE_VARIABLES = ['CLARION_VERSION', 'CLARION_SECRETS', 'API_PORTS', 'TEMPORAL_UI_PORT']

const service = z.object({
  image: z.string(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  restart: z.string().optional(),
  deploy: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }),
})

const composeFile = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
})

type ComposeFile = z.output<typeof composeFile>
type Service = z.output<typeof service>

/** What is wrong with docker-compose.yml by the Compose Specification and by our own rules. */
export function composeFaults(text: string = readProjectFile(COMPOSE_FILE)): string[] {
  // Merge keys (`<<`) are what Docker Compose resolves too.
  const document: unknown = parse(text, { merge: true })
  const schemaFaults = faultsBySchema(document)
  if (schemaFaults.length > 0) return schemaFaults
  const parsed = composeFile.safeParse(document)
  if (!parsed.success) return parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)
  const own = Object.entries(parsed.data.services).flatMap(([name, one]) =>
    faultsOfService(parsed.data, one).map((fault) => `service ${name}: ${fault}`),
  )
  return [...own, ...variableFaults(text)]
}

function faultsBySchema(document: unknown): string[] {
  const schema = JSON.parse(readProjectFile(SCHEMA))
  // The schema says how long a `duration` looks in words that ajv does not know.
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false })
  const validate = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' })
  if (validate(document)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${COMPOSE_FILE} ${instancePath} ${message}`,
  )
}

function faultsOfService(file: ComposeFile, one: Service): string[] {
  return [
    ...missing('service', Object.keys(one.depends_on), file.services),
    ...unhealthyNeeds(file, one),
    ...missing('secret', one.secrets, file.secrets),
    ...one.volumes.flatMap((volume) => volumeFaults(file, volume)),
    ...one.ports
      .filter((port) => !port.startsWith('127.0.0.1:'))
      .map((port) => `port ${port} is not bound to loopback`),
    ...(one.restart === undefined ? ['has no restart policy'] : []),
    ...(one.image.startsWith(OUR_IMAGE) ? ourFaults(one) : []),
  ]
}

function missing(kind: string, names: readonly string[], known: object): string[] {
  return names
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `${kind} ${name} is not defined`)
}

function unhealthyNeeds(file: ComposeFile, { depends_on }: Service): string[] {
  return Object.entries(depends_on)
    .filter(([name, { condition }]) => {
      const hasCheck = file.services[name]?.healthcheck !== undefined
      return condition === 'service_healthy' && !hasCheck
    })
    .map(([name]) => `waits for the health of ${name}, which has no healthcheck`)
}

function volumeFaults(file: ComposeFile, volume: string): string[] {
  const [source = ''] = volume.split(':')
  if (!source.startsWith('.')) return missing('volume', [source], file.volumes)
  return existsSync(join(ROOT, source)) ? [] : [`mounts ${source}, which is not there`]
}

/** Variables and files of the containers that run our own code. */
function ourFaults({ environment, command, secrets, volumes }: Service): string[] {
  const known = configVariables()
  const unknown = Object.keys(environment).filter(
    (name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')),
  )
  const files = [command ?? []].flat().filter((word) => word.endsWith('.ts'))
  const unread = Object.values(environment)
    .filter((value) => value.startsWith('/run/secrets/'))
    .filter((value) => !secrets.includes(value.replace('/run/secrets/', '')))
  const mounts = volumes.map((volume) => volume.split(':')[1] ?? '')
  const unmounted = Object.values(environment)
    .filter((value) => value.startsWith('/approles/'))
    .filter((value) => !mounts.some((mount) => value.startsWith(`${mount}/`)))
  return [
    ...unknown.map((name) => `${name} is no variable of config/`),
    ...files
      .filter((file) => !existsSync(join(ROOT, file)))
      .map((file) => `runs ${file}, not there`),
    ...[...unread, ...unmounted].map((value) => `reads ${value}, which is not mounted`),
  ]
}

/** `${NAME…}` of the file: known to config or to the file itself, and no secret by default value. */
function variableFaults(text: string): string[] {
  const known = configVariables()
  const used = [...text.matchAll(/\$\{([A-Z_]+)(:?[-?]([^}]*))?\}/g)]
  return used.flatMap(([, name = '', how = '', words = '']) => {
    if (!known.has(name) && !COMPOSE_VARIABLES.includes(name)) {
      return [`\${${name}} is known neither to config/ nor to the compose file`]
    }
    const isDefault = how.startsWith(':-') && words !== ''
    const isSecret = /PASSWORD|SECRET_ID|TOKEN|CLIENT_SECRET/.test(name)
    return isDefault && isSecret ? [`\${${name}} must have no default`] : []
  })
}
