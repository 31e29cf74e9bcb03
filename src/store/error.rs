//! What can go wrong in the store, by what a caller does about it.

use sqlx::sqlite::SqliteError;

/// A failed operation of the store. No text contains the store's address or password.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another connection holds the lock, or every connection is in use: the same call works later.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// No room on the disk of the store.
    #[error("the store's disk is full: {0}")]
    Full(String),
    #[error("the store can be read but not written: {0}")]
    ReadOnly(String),
    /// The file or a page of it is damaged, or holds something we never wrote.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A later release made this schema.
    #[error("the store has schema {found}, this release knows up to {known}: run the newer release, or restore a backup made before it")]
    NewerSchema { found: i64, known: i64 },
    /// The file cannot be opened, the server does not answer or refuses us.
    #[error("the store cannot be reached: {0}")]
    Unreachable(String),
    /// Another daemon works on the file: which, on what machine, since when.
    #[error("another daemon works on {0}. Stop it first; several machines share the work with PostgreSQL (`store.url`)")]
    Held(String),
    /// The work was taken by another daemon because our lease ran out: whatever we did is theirs to record.
    #[error("the lease on {0} was lost")]
    LeaseLost(String),
    #[error("there is no {0}")]
    NotFound(String),
    #[error("{0}")]
    Other(String),
}

impl StoreError {
    /// The same call may succeed without anybody's help.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Full(_) | Self::Unreachable(_))
    }

    pub(super) fn damaged(what: &str, error: impl std::fmt::Display) -> Self {
        Self::Corrupt(format!("{what}: {error}"))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&sqlx::Error> for StoreError {
    fn from(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => match database.try_downcast_ref::<SqliteError>() {
                Some(_) => from_sqlite(database.code().and_then(|code| code.parse().ok()).unwrap_or(1), database.message()),
                None => from_postgres(&database.code().unwrap_or_default(), database.message()),
            },
            sqlx::Error::PoolTimedOut => {
                Self::Busy("no connection was to be had in time: all are in use, or its server does not answer".to_owned())
            }
            sqlx::Error::Io(io) => from_io(io),
            sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
                Self::Unreachable(error.to_string())
            }
            sqlx::Error::RowNotFound => Self::NotFound("row".to_owned()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt(error.to_string()),
            // Its text may quote the address.
            sqlx::Error::Configuration(_) => Self::Other("the store's address is not valid".to_owned()),
            _ => Self::Other(error.to_string()),
        }
    }
}

fn from_io(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full(error.to_string()),
        std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(error.to_string()),
        _ => StoreError::Unreachable(error.to_string()),
    }
}

/// Result codes of <https://www.sqlite.org/rescode.html>; the low byte is the primary one.
fn from_sqlite(code: i64, message: &str) -> StoreError {
    const IOERR_SHORT_READ: i64 = 522;
    let message = message.to_owned();
    match (code, code & 0xff) {
        (IOERR_SHORT_READ, _) | (_, 11 | 26) => StoreError::Corrupt(message),
        (_, 5 | 6) => StoreError::Busy(message),
        (_, 8) => StoreError::ReadOnly(message),
        (_, 13) => StoreError::Full(message),
        (_, 10 | 14) => StoreError::Unreachable(message),
        _ => StoreError::Other(message),
    }
}

/// SQLSTATE of <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn from_postgres(state: &str, message: &str) -> StoreError {
    let message = message.to_owned();
    match state {
        "40001" | "40P01" | "55P03" | "53300" => StoreError::Busy(message),
        "53100" => StoreError::Full(message),
        "25006" => StoreError::ReadOnly(message),
        "XX001" | "XX002" => StoreError::Corrupt(message),
        _ if state.starts_with("08") || state.starts_with("57P") || state.starts_with("28") || state == "3D000" => {
            StoreError::Unreachable(message)
        }
        _ => StoreError::Other(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_what_a_caller_does_about_it() {
        assert!(matches!(from_sqlite(5, ""), StoreError::Busy(_)));
        assert!(matches!(from_sqlite(13, ""), StoreError::Full(_)));
        assert!(matches!(from_sqlite(1032, ""), StoreError::ReadOnly(_)));
        assert!(matches!(from_sqlite(522, ""), StoreError::Corrupt(_)));
        assert!(matches!(from_sqlite(2067, ""), StoreError::Other(_)));
        assert!(matches!(from_postgres("53100", ""), StoreError::Full(_)));
        assert!(matches!(from_postgres("57P01", ""), StoreError::Unreachable(_)));
        assert!(matches!(from_postgres("23505", ""), StoreError::Other(_)));
    }

    #[test]
    fn only_what_passes_by_itself_is_temporary() {
        assert!(StoreError::Full(String::new()).is_temporary());
        assert!(!StoreError::Corrupt(String::new()).is_temporary());
        assert!(!StoreError::NewerSchema { found: 9, known: 1 }.is_temporary());
    }
}
