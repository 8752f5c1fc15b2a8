-- A counter that moves with every change to the tables that decide what exists and who may see it.
-- Triggers keep it, so it notices any writer: this process, another host, or a person with a shell.
create table palisade_generation (id integer primary key check (id = 1), value integer not null);
insert into palisade_generation (id, value) values (1, 1);
create trigger palisade_collections_insert after insert on directus_collections begin update palisade_generation set value = value + 1; end;
create trigger palisade_collections_update after update on directus_collections begin update palisade_generation set value = value + 1; end;
create trigger palisade_collections_delete after delete on directus_collections begin update palisade_generation set value = value + 1; end;
create trigger palisade_fields_insert after insert on directus_fields begin update palisade_generation set value = value + 1; end;
create trigger palisade_fields_update after update on directus_fields begin update palisade_generation set value = value + 1; end;
create trigger palisade_fields_delete after delete on directus_fields begin update palisade_generation set value = value + 1; end;
create trigger palisade_relations_insert after insert on directus_relations begin update palisade_generation set value = value + 1; end;
create trigger palisade_relations_update after update on directus_relations begin update palisade_generation set value = value + 1; end;
create trigger palisade_relations_delete after delete on directus_relations begin update palisade_generation set value = value + 1; end;
create trigger palisade_permissions_insert after insert on directus_permissions begin update palisade_generation set value = value + 1; end;
create trigger palisade_permissions_update after update on directus_permissions begin update palisade_generation set value = value + 1; end;
create trigger palisade_permissions_delete after delete on directus_permissions begin update palisade_generation set value = value + 1; end;
