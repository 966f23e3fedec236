-- depends: 0002.append
-- Who may do what. The roles are named after the database (design D1); they exist before this
-- runs. The writer executes the append functions and holds nothing else on a book; the projector
-- reads the books and owns the views; the reader sees views through row-level security, and of
-- the notes its own author's alone.

SET lock_timeout = '5s';

ALTER TABLE books.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE books.notes_head ENABLE ROW LEVEL SECURITY;

DO $$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
    book text;
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA books FROM PUBLIC;
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', prefix || 'owner');

    EXECUTE format('GRANT USAGE ON SCHEMA books, desk TO %I', prefix || 'writer');
    FOREACH book IN ARRAY ARRAY['records', 'notes', 'access'] LOOP
        EXECUTE format(
            'GRANT EXECUTE ON FUNCTION books.append_one_%1$s, books.append_many_%1$s, '
            'books.append_bulk_%1$s, books.stream_%1$s TO %2$I', book, prefix || 'writer');
    END LOOP;
    EXECUTE format('GRANT EXECUTE ON FUNCTION books.make_bulk, books.draw_heartbeat TO %I', prefix || 'writer');
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON desk.idempotency, desk.national_id_reservation, '
        'desk.credential, desk.session, desk.draft, desk.report TO %I', prefix || 'writer');

    EXECUTE format('CREATE SCHEMA views AUTHORIZATION %I', prefix || 'projector');
    EXECUTE format('GRANT USAGE ON SCHEMA books, desk TO %I', prefix || 'projector');
    EXECUTE format('GRANT SELECT ON books.records, books.notes, books.notes_head, books.access, '
                   'books.heartbeat, books.birth TO %I', prefix || 'projector');
    EXECUTE format('GRANT SELECT, INSERT ON desk.certificate TO %I', prefix || 'projector');
    EXECUTE format('CREATE POLICY projector_reads ON books.notes FOR SELECT TO %I USING (true)',
                   prefix || 'projector');
    EXECUTE format('CREATE POLICY projector_reads ON books.notes_head FOR SELECT TO %I USING (true)',
                   prefix || 'projector');

    EXECUTE format('GRANT USAGE ON SCHEMA books, views TO %I', prefix || 'reader');
    EXECUTE format('GRANT SELECT ON books.notes, books.notes_head, books.heartbeat TO %I', prefix || 'reader');
    EXECUTE format('GRANT EXECUTE ON FUNCTION books.position_before TO %I', prefix || 'reader');
    EXECUTE format(
        'CREATE POLICY author_reads ON books.notes FOR SELECT TO %I '
        'USING (owner = (SELECT nullif(current_setting(''igp.viewer'', true), '''')::uuid))',
        prefix || 'reader');
    EXECUTE format(
        'CREATE POLICY author_reads ON books.notes_head FOR SELECT TO %I '
        'USING (owner = (SELECT nullif(current_setting(''igp.viewer'', true), '''')::uuid))',
        prefix || 'reader');
END $$;
