import { Migration } from '@mikro-orm/migrations'
import { writePublish } from './006-write-publish.ts'

/** A claim looks at the account again: who was switched off after staging publishes nothing. */
export class SwitchedOffAccounts extends Migration {
  override up(): void {
    this.addSql(writePublish(GUARD))
  }

  override down(): void {
    this.addSql(writePublish())
  }
}

const GUARD = `  if opening is not null and not exists (
    select 1 from post_targets g
      join connections c on c.tenant_id = g.tenant_id and c.id = g.connection_id
    where g.tenant_id = p_tenant and g.id = opening and c.is_active and c.status = 'active') then
    return '{"outcome": "conflict"}';
  end if;

`
