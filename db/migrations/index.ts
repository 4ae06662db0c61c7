import { Tenants } from './001-tenants.ts'
import { Connections } from './002-connections.ts'
import { Posts } from './003-posts.ts'
import { PublishAttempts } from './004-publish-attempts.ts'
import { Service } from './005-service.ts'
import { WritePublish } from './006-write-publish.ts'
import { Connecting } from './007-connecting.ts'
import { Webhooks } from './008-webhooks.ts'
import { SwitchedOffAccounts } from './009-switched-off-accounts.ts'
import { Media } from './010-media.ts'
import { PublishParts } from './011-publish-parts.ts'

/** Every migration in order; a name that has run anywhere never changes. */
export const MIGRATIONS = [
  { name: '001-tenants', class: Tenants },
  { name: '002-connections', class: Connections },
  { name: '003-posts', class: Posts },
  { name: '004-publish-attempts', class: PublishAttempts },
  { name: '005-service', class: Service },
  { name: '006-write-publish', class: WritePublish },
  { name: '007-connecting', class: Connecting },
  { name: '008-webhooks', class: Webhooks },
  { name: '009-switched-off-accounts', class: SwitchedOffAccounts },
  { name: '010-media', class: Media },
  { name: '011-publish-parts', class: PublishParts },
]
