pragma foreign_keys = on;
insert into directus_roles (id, name) values ('33333333-3333-4333-8333-333333333333', 'Editors');
insert into directus_policies (id, name) values ('44444444-4444-4444-8444-444444444444', 'Policy');
insert into directus_users (id, first_name, email, password, token, tfa_secret, auth_data, role) values
  ('11111111-1111-4111-8111-111111111111', 'Me', 'me@example.com', 'hash-of-me', 'token-of-me', null, null, '33333333-3333-4333-8333-333333333333'),
  ('22222222-2222-4222-8222-222222222222', 'Other', 'other@example.com', 'hash-of-other', null, null, null, null);
insert into directus_settings (project_name) values ('The Project');

create table authors (id integer primary key autoincrement, name varchar(20) not null, email text, salary integer, mentor integer references authors (id));
create table articles (
  id integer primary key autoincrement,
  title varchar(20) not null, slug varchar(20) unique, body text, status varchar(20) not null default 'draft',
  note text, views integer, price decimal(10, 2), featured boolean not null default 0, tags json, labels text,
  day date, moment timestamp, owner char(36), changed timestamp,
  author integer references authors (id), pin text
);
create table comments (
  id integer primary key autoincrement, article integer references articles (id) on delete cascade,
  body text not null, approved boolean not null default 0, score integer
);
create table pages (id char(36) primary key not null, heading text);
create table site (id integer primary key autoincrement, motto text);
create table pairs (a integer, b integer, primary key (a, b));
create table unregistered (id integer primary key, secret text);
create table palisade_things (id integer primary key, secret text);
insert into directus_collections (collection, note, singleton, display_template) values
  ('authors', 'People who write', 0, '{{name}}'), ('articles', 'What they wrote', 0, '{{title}}'),
  ('comments', null, 0, null), ('pages', null, 0, null), ('site', null, 1, null),
  ('pairs', null, 0, null), ('palisade_things', null, 0, null), ('nowhere', null, 0, null);
insert into directus_fields (collection, field, special, options, note, sort, required, validation, validation_message) values
  ('articles', 'id', null, null, null, 1, 0, null, null),
  ('articles', 'title', null, null, 'Headline', 2, 1, null, null),
  ('articles', 'slug', null, null, null, 3, 0, '{"_and":[{"slug":{"_regex":"^[a-z-]+$"}}]}', 'Slugs are lower-case.'),
  ('articles', 'status', null, '{"choices":[{"text":"Draft","value":"draft"},{"text":"Published","value":"published"}]}', null, 4, 0, null, null),
  ('articles', 'featured', 'cast-boolean', null, null, 5, 0, null, null),
  ('articles', 'tags', 'cast-json', null, null, 6, 0, null, null),
  ('articles', 'labels', 'cast-csv', null, null, 7, 0, null, null),
  ('articles', 'owner', 'user-created', null, null, 8, 0, null, null),
  ('articles', 'changed', 'date-updated', null, null, 9, 0, null, null),
  ('articles', 'author', 'm2o', null, null, 10, 0, null, null),
  ('articles', 'comments', 'o2m', null, null, 11, 0, null, null),
  ('articles', 'pin', 'conceal', null, null, 12, 0, null, null),
  ('articles', 'divider', 'alias,no-data', null, null, 13, 0, null, null),
  ('authors', 'articles', 'o2m', null, null, 9, 0, null, null),
  ('pages', 'id', 'uuid', null, null, 1, 0, null, null),
  ('comments', 'article', 'm2o', null, null, 2, 0, null, null);
insert into directus_relations (many_collection, many_field, one_collection, one_field) values
  ('articles', 'author', 'authors', 'articles'), ('comments', 'article', 'articles', 'comments'),
  ('articles', 'owner', 'directus_users', null), ('authors', 'mentor', 'authors', null);

insert into authors (id, name, email, salary) values (1, 'Ada', 'ada@example.com', 100), (2, 'Bob', 'bob@example.com', 200);
insert into articles (id, title, slug, status, note, views, price, featured, tags, labels, day, moment, owner, author, pin) values
  (1, 'Alpha', 'alpha', 'published', 'n1', 10, 1.5, 1, '["x","y"]', 'red,blue', '2024-01-15', '2024-01-15T10:20:30.000Z', '11111111-1111-4111-8111-111111111111', 1, '1234'),
  (2, 'Beta', 'beta', 'draft', 'n2', 20, 2.5, 0, null, null, '2024-03-01', null, '22222222-2222-4222-8222-222222222222', 1, null),
  (3, 'Gamma', 'gamma', 'published', null, 30, 3, 0, '[]', '', '2023-12-31', null, null, 2, null),
  (4, 'Delta', 'delta', 'draft', 'n4', 40, null, 0, null, null, null, null, '11111111-1111-4111-8111-111111111111', null, null);
insert into comments (id, article, body, approved, score) values
  (1, 1, 'good', 1, 5), (2, 1, 'bad', 0, 1), (3, 2, 'ok', 1, 3), (4, 3, 'fine', 1, 4);
insert into pages (id, heading) values ('aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'Home');
insert into unregistered (id, secret) values (1, 'hidden');
insert into palisade_things (id, secret) values (1, 'hidden');
