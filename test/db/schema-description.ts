import { openSession, type Row } from './sessions.ts'

/** Everything in schema public that a migration can change, as text rows in a fixed order. */
export async function describeSchema(url: string): Promise<Record<string, Row[]>> {
  const session = openSession(url)
  try {
    const description: Record<string, Row[]> = {}
    for (const [part, sql] of Object.entries(PARTS)) description[part] = await session.rows(sql)
    return description
  } finally {
    await session.close()
  }
}

const PARTS = {
  columns: `
    select table_name, column_name, data_type, is_nullable, column_default
    from information_schema.columns
    where table_schema = 'public' and table_name <> 'migrations'
    order by 1, 2`,
  constraints: `
    select conrelid::regclass::text as table_name, conname, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'migrations'
    order by 1, 2`,
  indexes: `
    select tablename, indexdef from pg_indexes
    where schemaname = 'public' and tablename <> 'migrations' order by 1, 2`,
  triggers: `
    select tgrelid::regclass::text as table_name, pg_get_triggerdef(oid) as definition
    from pg_trigger where not tgisinternal order by 1, 2`,
  functions: `
    select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace order by 1`,
  walls: `
    select relname, relrowsecurity, relforcerowsecurity from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migrations'
    order by 1`,
  policies: `
    select tablename, policyname, permissive, roles::text, cmd, qual, with_check
    from pg_policies where schemaname = 'public' order by 1, 2`,
  grants: `
    select relname, relacl::text from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'S')
      and relname not like 'migrations%'
    order by 1`,
  columnGrants: `
    select attrelid::regclass::text as table_name, attname, attacl::text from pg_attribute
    where attacl is not null and attrelid >= 16384 order by 1, 2`,
  schemaGrants: `
    select nspacl::text from pg_namespace where nspname = 'public'`,
}
