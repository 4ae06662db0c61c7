import { Migration } from '@mikro-orm/migrations'

/** Stored files and where posts use them; `posts.media` was never written. */
export class Media extends Migration {
  override up(): void {
    this.addSql(TABLES)
    this.addSql(WALLS)
    this.addSql('alter table posts drop column media')
  }

  override down(): void {
    this.addSql(`
alter table posts add column media jsonb not null default '[]';
drop table post_media, media_assets;
`)
  }
}

// The key on media_assets restricts: whatever else goes wrong, a file in use keeps its row. A use
// of the post itself has no target, and null never equals null: hence two unique indexes.
const TABLES = `
create table media_assets (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  sha256 text not null,
  kind text not null,
  mime_type text not null,
  bytes bigint not null,
  width integer,
  height integer,
  duration_ms integer,
  facts jsonb not null default '{}',
  file_name text not null,
  storage_key text not null,
  source_url text,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint media_assets_tenant_id_id_unique unique (tenant_id, id),
  constraint media_assets_sha256_unique unique (tenant_id, sha256),
  constraint media_assets_kind_check check (kind in ('image', 'gif', 'video', 'document')),
  constraint media_assets_sha256_check check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint media_assets_size_check check (
    bytes > 0 and width > 0 and height > 0 and duration_ms >= 0
    and (width is null) = (height is null)),
  constraint media_assets_source_url_check check (source_url !~ '[?#]'),
  constraint media_assets_created_by_foreign
    foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index media_assets_created_index on media_assets (tenant_id, created_at desc, id);

create table post_media (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants (id),
  post_id uuid not null,
  target_id uuid,
  place text not null,
  position integer not null,
  media_id uuid not null,
  alt_text text,
  created_at timestamptz not null default now(),
  constraint post_media_tenant_id_id_unique unique (tenant_id, id),
  constraint post_media_place_check check (
    place ~ '^(media|thread[.][0-9]+|settings[.][a-z0-9_]+_media_id)$'),
  constraint post_media_position_check check (position >= 0),
  constraint post_media_post_foreign
    foreign key (tenant_id, post_id) references posts (tenant_id, id) on delete cascade,
  constraint post_media_target_foreign
    foreign key (tenant_id, target_id) references post_targets (tenant_id, id) on delete cascade,
  constraint post_media_media_foreign
    foreign key (tenant_id, media_id) references media_assets (tenant_id, id) on delete restrict
);
create unique index post_media_place_unique
  on post_media (tenant_id, post_id, place, position) where target_id is null;
create unique index post_media_target_place_unique
  on post_media (tenant_id, post_id, target_id, place, position) where target_id is not null;
create index post_media_by_media_index on post_media (tenant_id, media_id);
`

const WALLS = `
do $$
declare
  t text;
begin
  foreach t in array array['media_assets', 'post_media'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format(
      'create policy tenant_wall on %I
       using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
      t);
    execute format('grant select, insert, update, delete on %I to clarion_app', t);
  end loop;
end
$$;
create trigger set_updated_at before update on media_assets
  for each row execute function set_updated_at();
`
