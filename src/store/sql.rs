//! Statements with `$n` places for both engines, and typed reading of their rows.

use std::str::FromStr;

use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Executor, Row as _};

use super::{Engine, StoreError};
use crate::model::{Identity, Moment};

/// A statement under construction. Text comes from this crate only; every value is bound.
pub(super) struct Sql {
    text: String,
    values: Vec<Value>,
    /// Places are written as `?`: see `in_order`.
    unnumbered: bool,
}

/// Most places are written in no more than this: `$123, `.
const PLACE_BYTES: usize = 6;

/// What both engines take in the same type.
#[derive(Clone)]
pub(super) enum Value {
    Int(Option<i64>),
    Flag(i16),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl Sql {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), unnumbered: false }
    }

    /// For a statement of many values, all of which stand in its text in their order: without their numbers where SQLite is asked. There
    /// sqlx looks each `$n` up among all of them, which costs more than everything else from some hundred values on.
    pub(super) fn in_order(engine: Engine, text: &str) -> Self {
        Self { unnumbered: engine == Engine::Sqlite, ..Self::new(text) }
    }

    pub(super) fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Binds values for the `$1`, `$2`, ... that the text names itself.
    pub(super) fn with(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    /// Binds one value and writes its place.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.place(value);
        self
    }

    fn place(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        if self.unnumbered {
            self.text.push('?');
        } else {
            self.text.push('$');
            push_number(&mut self.text, self.values.len());
        }
    }

    /// ` LIMIT ...`, at most so many rows. SQLite plans by the value of a bare parameter in this place and prepares the statement anew each time
    /// that one is bound; so none stands there bare, in no text.
    pub(super) fn limit(self, rows: i64) -> Self {
        self.push(" LIMIT (").bind(rows).push(" + 0)")
    }

    /// `($n, $n, ...)`.
    pub(super) fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.text.push('(');
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            self.place(value);
        }
        self.text.push(')');
        self
    }

    /// `($n, ...), ($n, ...)`, one per row.
    pub(super) fn rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let rows = rows.into_iter();
        let (count, _) = rows.size_hint();
        for (at, row) in rows.enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            } else {
                self.values.reserve(count * row.len());
                self.text.reserve(count * row.len() * PLACE_BYTES);
            }
            self = self.list(row);
        }
        self
    }

    /// Runs it; returns the number of rows it changed.
    pub(super) async fn run<'e>(self, on: impl Executor<'e, Database = Any>) -> Result<u64, StoreError> {
        Ok(self.query().execute(on).await?.rows_affected())
    }

    pub(super) async fn all<'e>(self, on: impl Executor<'e, Database = Any>) -> Result<Vec<AnyRow>, StoreError> {
        Ok(self.query().fetch_all(on).await?)
    }

    pub(super) async fn first<'e>(self, on: impl Executor<'e, Database = Any>) -> Result<Option<AnyRow>, StoreError> {
        Ok(self.query().fetch_optional(on).await?)
    }

    fn query(self) -> sqlx::query::Query<'static, Any, sqlx::any::AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(self.text));
        for value in self.values {
            query = match value {
                Value::Int(value) => query.bind(value),
                Value::Flag(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                // Inside an option sqlx copies it once more.
                Value::Text(Some(value)) => query.bind(value),
                Value::Text(None) => query.bind(None::<String>),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }
}

/// Without the way through `Display`, which is most of what a statement of hundreds of places costs to write.
fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

macro_rules! values {
    ($($from:ty => |$value:ident| $to:expr;)+) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        })+
    };
}

values! {
    i64 => |value| Self::Int(Some(value));
    Option<i64> => |value| Self::Int(value);
    Moment => |value| Self::Int(Some(value.0));
    Option<Moment> => |value| Self::Int(value.map(|moment| moment.0));
    Identity => |value| Self::Int(Some(value.0));
    bool => |value| Self::Flag(i16::from(value));
    Option<f64> => |value| Self::Real(value);
    &str => |value| Self::Text(Some(value.to_owned()));
    &String => |value| Self::Text(Some(value.clone()));
    String => |value| Self::Text(Some(value));
    Option<&str> => |value| Self::Text(value.map(str::to_owned));
    &Option<String> => |value| Self::Text(value.clone());
    Vec<u8> => |value| Self::Bytes(value);
}

/// Typed reading by column name.
pub(super) trait Columns {
    fn int(&self, column: &str) -> Result<i64, StoreError>;
    fn int_or_none(&self, column: &str) -> Result<Option<i64>, StoreError>;
    fn real_or_none(&self, column: &str) -> Result<Option<f64>, StoreError>;
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn text_or_none(&self, column: &str) -> Result<Option<String>, StoreError>;
    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError>;

    fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    fn moment(&self, column: &str) -> Result<Moment, StoreError> {
        Ok(Moment(self.int(column)?))
    }

    fn moment_or_none(&self, column: &str) -> Result<Option<Moment>, StoreError> {
        Ok(self.int_or_none(column)?.map(Moment))
    }

    /// One of an enum's words.
    fn word<W: FromStr>(&self, column: &str) -> Result<W, StoreError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| StoreError::damaged(column, format_args!("unknown word {text:?}")))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|error| StoreError::damaged(column, error))
    }
}

impl Columns for AnyRow {
    fn int(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn int_or_none(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn real_or_none(&self, column: &str) -> Result<Option<f64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn text_or_none(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

/// Values of one statement that is `in_order`. Each statement wakes the store's thread and waits for it; twice as long ones gain little more,
/// and what is prepared for them is kept.
const VALUES_A_STATEMENT: usize = 2_048;

/// Rows of this many columns in lists for one statement each: as many as are cheap, and in few different lengths, for every length is a
/// statement of its own, and sqlx keeps only a hundred prepared.
pub(super) fn portions<T>(rows: &[T], columns: usize) -> impl Iterator<Item = &[T]> {
    let largest = largest(columns);
    let mut rest = rows;
    std::iter::from_fn(move || {
        let mut take = largest;
        while take > rest.len() && take > 1 {
            take /= 2;
        }
        let (portion, left) = rest.split_at(take.min(rest.len()));
        rest = left;
        (!portion.is_empty()).then_some(portion)
    })
}

/// The same for rows that may stand there twice: the last one of a list is repeated, and there are as few lists as can be.
pub(super) fn repeated<T: Copy>(rows: &[T], columns: usize) -> impl Iterator<Item = Vec<T>> {
    rows.chunks(largest(columns)).map(|part| padded(part).collect())
}

/// Rows of the longest statement, a power of two.
fn largest(columns: usize) -> usize {
    let most = (VALUES_A_STATEMENT / columns.max(1)).max(1);
    1 << most.ilog2()
}

/// Keys for `IN (...)`, the last one repeated until there are as many as a power of two: few different statements, as for `portions`.
pub(super) fn padded<T: Copy>(keys: &[T]) -> impl Iterator<Item = T> {
    let missing = keys.len().next_power_of_two() - keys.len();
    keys.iter().copied().chain(keys.last().copied().into_iter().cycle().take(missing))
}

/// A value of ours as JSON text.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(format!("cannot be written as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_in_order() {
        let sql = Sql::new("INSERT INTO t VALUES ").rows([vec![1.into(), "a".into()], vec![2.into(), "b".into()]]);
        assert_eq!(sql.text, "INSERT INTO t VALUES ($1, $2), ($3, $4)");
        assert_eq!(sql.values.len(), 4);
    }

    #[test]
    fn portions_are_the_whole_in_order_and_of_few_lengths() {
        for length in [0, 1, 2, 3, 31, 50, 1_000] {
            let rows: Vec<usize> = (0..length).collect();
            let portions: Vec<&[usize]> = portions(&rows, 6).collect();
            assert_eq!(portions.concat(), rows);
            assert!(portions.iter().all(|portion| portion.len().is_power_of_two() && portion.len() * 6 <= VALUES_A_STATEMENT));
        }
        assert_eq!(portions(&[1, 2, 3], VALUES_A_STATEMENT).count(), 3, "a row is never cut");
    }

    #[test]
    fn what_may_stand_twice_is_in_few_lists() {
        let rows: Vec<usize> = (0..45).collect();
        let lists: Vec<Vec<usize>> = repeated(&rows, 64).collect();
        assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), [32, 16]);
        assert_eq!((&lists[0][..], &lists[1][..13], &lists[1][13..]), (&rows[..32], &rows[32..], &[44, 44, 44][..]));
        assert_eq!(repeated::<i64>(&[], 64).count(), 0);
    }

    #[test]
    fn sqlite_needs_no_numbers() {
        let sql = |engine| {
            let sql = Sql::in_order(engine, "WITH v AS (VALUES ").rows([vec![1.into(), "$5".into()], vec![2.into(), "b".into()]]);
            sql.push(") SELECT ").bind(3).text
        };
        assert_eq!(sql(Engine::Sqlite), "WITH v AS (VALUES (?, ?), (?, ?)) SELECT ?");
        assert_eq!(sql(Engine::Postgres), "WITH v AS (VALUES ($1, $2), ($3, $4)) SELECT $5");
        let long = Sql::new("").list((0..1_203).map(Value::from)).text;
        assert!(long.starts_with("($1, $2, ") && long.contains(", $99, $100, ") && long.ends_with(", $1202, $1203)"), "{long}");
    }

    #[test]
    fn padding_adds_nothing_new() {
        assert_eq!(padded(&[1, 2, 3, 4, 5]).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 5, 5, 5]);
        assert_eq!(padded::<i64>(&[]).count(), 0);
        assert_eq!(padded(&[7]).collect::<Vec<_>>(), [7]);
    }
}
