/** The processes that serve one database, and what they published in the last 24 h. */
export const replicasSql = `
-- Rows are rewritten every two seconds: room for the next version on the same page.
CREATE TABLE replicas (
  id text PRIMARY KEY CONSTRAINT replica_id_is_hex CHECK (id ~ '^[0-9a-f]{32}$'),
  name text NOT NULL CONSTRAINT replica_name_bounded CHECK (length(name) BETWEEN 1 AND 200),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  epoch bigint,
  revision bigint,
  target_epoch bigint,
  target_revision bigint,
  connected integer NOT NULL DEFAULT 0,
  sent integer NOT NULL DEFAULT 0,
  sampled integer NOT NULL DEFAULT 0,
  confirmed integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE revisions (
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  body text NOT NULL CONSTRAINT revision_body_bounded CHECK (octet_length(body) <= 1000000),
  PRIMARY KEY (epoch, revision)
);
CREATE INDEX revisions_by_time ON revisions (stored_at);

-- After a restore, for the service's role, which may not touch switchback_state. One of several replicas wins; all are told.
CREATE FUNCTION switchback_raise_epoch(seen bigint, raised bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  told bigint;
BEGIN
  UPDATE switchback_state SET epoch = raised, changed_at = clock_timestamp()
    WHERE epoch = seen AND raised > seen AND raised <= 9007199254740991 RETURNING revision INTO told;
  IF told IS NOT NULL THEN
    INSERT INTO flag_audit (action, before, after)
      VALUES ('epoch-raised', jsonb_build_object('epoch', seen), jsonb_build_object('epoch', raised));
    PERFORM pg_notify('switchback', told::text);
  END IF;
END $$;
REVOKE ALL ON FUNCTION switchback_raise_epoch(bigint, bigint) FROM PUBLIC;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION switchback_raise_epoch(bigint, bigint) SET search_path = %I, pg_temp', current_schema());
END $$;
`;
