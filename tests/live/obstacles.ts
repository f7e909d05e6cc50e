/** An event trigger that holds a switch up while it holds its locks; its undo alters no table into that schema. */
export const sleepy = (schema: string): string => `
  create function public.sleepily() returns event_trigger language plpgsql as $$
  begin
    if exists (select from pg_event_trigger_ddl_commands() where object_identity like '${schema}.%') then
      perform pg_sleep(0.3);
    end if;
  end $$;
  create event trigger sleepy on ddl_command_end when tag in ('ALTER TABLE') execute function public.sleepily()`

/** An event trigger that lets no table come back. */
export const stuck = `
  create function public.stay() returns event_trigger language plpgsql as $$
  begin
    if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.users' and object_type = 'table') then
      raise 'no way back';
    end if;
  end $$;
  create event trigger stuck on ddl_command_end when tag in ('ALTER TABLE') execute function public.stay()`
