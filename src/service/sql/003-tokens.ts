/** Bearer tokens: the hash of a secret, who it stands for, and until when. Audited without the hash. */
export const tokensSql = `
CREATE TABLE tokens (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash bytea NOT NULL CONSTRAINT token_hash_unique UNIQUE CONSTRAINT token_hash_is_sha256 CHECK (octet_length(hash) = 32),
  name text NOT NULL CONSTRAINT token_name_bounded CHECK (length(name) BETWEEN 1 AND 64),
  role text NOT NULL CONSTRAINT token_role_known CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL DEFAULT switchback_actor(),
  expires_at timestamptz CONSTRAINT token_expires_finite CHECK (switchback_is_time(expires_at)),
  revoked_at timestamptz,
  revoked_by text
);
-- In the audit a name stands for one token.
CREATE UNIQUE INDEX tokens_one_per_name ON tokens (name) WHERE revoked_at IS NULL;

-- What is revoked stays so, and a hash is never exchanged for another.
CREATE FUNCTION switchback_stamp_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL OR (NEW.id, NEW.hash, NEW.name, NEW.role) IS DISTINCT FROM (OLD.id, OLD.hash, OLD.name, OLD.role) THEN
    RAISE EXCEPTION 'switchback: a token can only be revoked, once' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.revoked_at IS NOT NULL THEN
    NEW.revoked_by := coalesce(NEW.revoked_by, switchback_actor());
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON tokens FOR EACH ROW EXECUTE FUNCTION switchback_stamp_token();

CREATE FUNCTION switchback_audit_token() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (action, after) VALUES ('token-created', to_jsonb(NEW) - 'hash');
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (action, before) VALUES ('token-deleted', to_jsonb(OLD) - 'hash');
  ELSE
    INSERT INTO flag_audit (action, before, after) VALUES (
      CASE WHEN NEW.revoked_at IS NULL THEN 'token-changed' ELSE 'token-revoked' END, to_jsonb(OLD) - 'hash', to_jsonb(NEW) - 'hash');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tokens FOR EACH ROW EXECUTE FUNCTION switchback_audit_token();
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON tokens FOR EACH STATEMENT EXECUTE FUNCTION switchback_audit_flag();

-- For the service's role, which may not touch the row of switchback_state: a change made with the triggers off gets a revision.
CREATE FUNCTION switchback_note_silent_change(at_revision bigint) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  INSERT INTO flag_audit (action, actor) SELECT 'change-without-triggers', 'sql:unknown'
    FROM switchback_state WHERE revision = at_revision FOR UPDATE
$$;
REVOKE ALL ON FUNCTION switchback_note_silent_change(bigint) FROM PUBLIC;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['switchback_stamp_token()', 'switchback_audit_token()', 'switchback_note_silent_change(bigint)']
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
`;
