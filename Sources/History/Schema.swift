internal import GRDB

/// The tables of a store, as numbered migrations: each stays as it was released.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      try db.execute(
        sql: """
          CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time TEXT NOT NULL,
            scope TEXT NOT NULL,
            head TEXT NOT NULL);
          CREATE INDEX runs_by_scope ON runs (scope, id);
          CREATE TABLE bodies (
            digest TEXT PRIMARY KEY NOT NULL,
            body TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE assets (
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            asset TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL REFERENCES bodies (digest),
            PRIMARY KEY (run, asset)) WITHOUT ROWID;
          CREATE INDEX assets_by_body ON assets (digest);
          """)
    }
    return migrator
  }
}
