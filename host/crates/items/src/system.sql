-- The system tables of a project, in Directus's names. Booleans are 0/1, JSON is text, timestamps are
-- RFC 3339 text in UTC with milliseconds, `csv` lists are comma-separated text.
create table directus_collections (
  collection text primary key not null,
  icon text, note text, display_template text,
  hidden boolean not null default 0,
  singleton boolean not null default 0,
  translations json,
  archive_field text, archive_app_filter boolean not null default 1, archive_value text, unarchive_value text,
  sort_field text,
  accountability text default 'all',
  color text, item_duplication_fields json, sort integer,
  "group" text references directus_collections (collection),
  collapse text not null default 'open', preview_url text, versioning boolean not null default 0
);
create table directus_fields (
  id integer primary key autoincrement,
  collection text not null, field text not null,
  special text,                                   -- csv: cast-json, cast-boolean, uuid, date-created, user-created, m2o, o2m, …
  interface text, options json, display text, display_options json,
  readonly boolean not null default 0, hidden boolean not null default 0,
  sort integer, width text default 'full', translations json, note text, conditions json,
  required boolean not null default 0,
  "group" text, validation json, validation_message text,
  unique (collection, field)
);
create table directus_relations (
  id integer primary key autoincrement,
  many_collection text not null, many_field text not null,
  one_collection text, one_field text, one_collection_field text, one_allowed_collections text,
  junction_field text, sort_field text, one_deselect_action text not null default 'nullify'
);
create table directus_roles (
  id char(36) primary key not null, name text not null, icon text not null default 'supervised_user_circle',
  description text, parent char(36) references directus_roles (id)
);
create table directus_policies (
  id char(36) primary key not null, name text not null, icon text not null default 'badge', description text,
  ip_access text,                                 -- csv of addresses and CIDR ranges
  enforce_tfa boolean not null default 0, admin_access boolean not null default 0, app_access boolean not null default 0
);
create table directus_users (
  id char(36) primary key not null,
  first_name varchar(50), last_name varchar(50), email varchar(128) unique,
  password text,                                  -- argon2id PHC string
  location text, title varchar(50), description text, tags json, avatar char(36), language text, tfa_secret text,
  status varchar(16) not null default 'active',
  role char(36) references directus_roles (id),
  token text unique,                              -- SHA-256 of the static token, hex
  last_access timestamp, last_page text,
  provider varchar(128) not null default 'default', external_identifier text unique, auth_data json,
  email_notifications boolean default 1, appearance text, theme_dark text, theme_light text,
  theme_light_overrides json, theme_dark_overrides json, text_direction text not null default 'auto'
);
create table directus_access (
  id char(36) primary key not null,
  role char(36) references directus_roles (id) on delete cascade,
  "user" char(36) references directus_users (id) on delete cascade,
  policy char(36) not null references directus_policies (id) on delete cascade,
  sort integer
);
create table directus_permissions (
  id integer primary key autoincrement,
  collection text not null, action text not null,
  permissions json, validation json, presets json,
  fields text,                                    -- csv, `*` for all, null for none
  policy char(36) not null references directus_policies (id) on delete cascade
);
create table directus_sessions (
  token text primary key not null,                -- SHA-256 of the refresh token, hex
  "user" char(36) references directus_users (id) on delete cascade,
  expires timestamp not null, ip text, user_agent text, origin text, next_token text
);
create table directus_folders (
  id char(36) primary key not null, name text not null, parent char(36) references directus_folders (id)
);
create table directus_files (
  id char(36) primary key not null,
  storage text not null, filename_disk text, filename_download text not null, title text, type text,
  folder char(36) references directus_folders (id),
  uploaded_by char(36) references directus_users (id), created_on timestamp not null,
  modified_by char(36) references directus_users (id), modified_on timestamp not null,
  charset text, filesize bigint, width integer, height integer, duration integer, embed text, description text,
  location text, tags json, metadata json, focal_point_x integer, focal_point_y integer,
  tus_id text, tus_data json, uploaded_on timestamp
);
create table directus_settings (
  id integer primary key autoincrement,
  project_name text not null default 'Palisade', project_url text, project_color text not null default '#6644FF',
  project_descriptor text, default_language text not null default 'en-US'
);
create table directus_activity (
  id integer primary key autoincrement,
  action varchar(45) not null, "user" char(36), timestamp timestamp not null,
  ip text, user_agent text, collection text not null, item text not null, origin text
);
create table directus_revisions (
  id integer primary key autoincrement,
  activity integer not null references directus_activity (id) on delete cascade,
  collection text not null, item text not null,
  data json, delta json, parent integer references directus_revisions (id), version char(36)
);
create index directus_fields_collection on directus_fields (collection);
create index directus_permissions_policy on directus_permissions (policy, collection, action);
create index directus_access_user on directus_access ("user");
create index directus_access_role on directus_access (role);
create index directus_activity_item on directus_activity (collection, item);
create index directus_revisions_item on directus_revisions (collection, item);
