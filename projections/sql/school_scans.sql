-- The scans that schools handed in of their own, as long as no order took them. What is in them is
-- not said: the bytes lie in the book of files, under keys of their own.
SET LOCAL lock_timeout = '5s';

CREATE TABLE school_scan (
    scan uuid PRIMARY KEY,
    programme text NOT NULL,
    organisation uuid NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    uploaded_at timestamptz NOT NULL,
    uploaded_by uuid NOT NULL,
    audiences uuid[] NOT NULL
);
CREATE INDEX school_scan_programme ON school_scan (programme, organisation);

ALTER TABLE school_scan ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON school_scan FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON school_scan TO "{reader}";
