-- The newest version of each published programme. No person is named in it but who published.
SET LOCAL lock_timeout = '5s';

CREATE TABLE programme (
    programme_id uuid PRIMARY KEY,
    code text NOT NULL,
    name text NOT NULL,
    school_year smallint NOT NULL,
    version bigint NOT NULL,
    digest text NOT NULL,
    published_at timestamptz NOT NULL,
    published_by uuid NOT NULL
);
GRANT SELECT ON programme TO "{reader}";
