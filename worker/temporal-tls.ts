import { readFileSync } from 'node:fs'
import type { TemporalConfig } from '../config/load-config.ts'

/** TLS settings of the native connection, or none for plain text. */
export function temporalTls({ tls, tlsFiles }: TemporalConfig) {
  if (!tls) return undefined
  const { ca, cert, key } = tlsFiles
  return {
    ...(ca === undefined ? {} : { serverRootCACertificate: readFileSync(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertPair: { crt: readFileSync(cert), key: readFileSync(key) } }),
  }
}
