//! Statements over many rows, in a few fixed sizes, so that every one of them stays prepared.

use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, SqlSafeStr, SqlStr, Sqlite, Type};

/// One statement for 1, 2, 4, 8 … rows of placeholders.
#[derive(Debug)]
pub(crate) struct Bulk {
    texts: Vec<(usize, SqlStr)>,
}

impl Bulk {
    /// The statement `<before> <row>, <row> … <after>` for up to `rows_max` rows.
    pub(crate) fn new(before: &str, row: &str, after: &str, rows_max: usize) -> Self {
        let sizes = std::iter::successors(Some(1_usize), |size| size.checked_mul(2))
            .take_while(|size| *size <= rows_max);
        let text = |size| format!("{before} {} {after}", vec![row; size].join(", "));
        let mut texts: Vec<_> =
            sizes.map(|size| (size, AssertSqlSafe(Arc::<str>::from(text(size))).into_sql_str())).collect();
        texts.reverse();
        Self { texts }
    }

    /// The statements that take `count` rows together, the greatest first, with the rows that each takes.
    pub(crate) fn parts(&self, mut count: usize) -> impl Iterator<Item = (usize, SqlStr)> {
        std::iter::from_fn(move || {
            let (size, text) = self.texts.iter().find(|(size, _)| *size <= count)?;
            count -= size;
            Some((*size, text.clone()))
        })
    }
}

/// Adds one value for a placeholder.
pub(crate) fn bind<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(
    arguments: &mut SqliteArguments,
    value: T,
) -> Result<(), sqlx::Error> {
    arguments.add(value).map_err(sqlx::Error::Encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_row_once() {
        let bulk = Bulk::new("INSERT INTO t VALUES", "(?)", "", 8);
        for count in 0..100 {
            let sizes: Vec<_> = bulk.parts(count).map(|(size, _)| size).collect();
            assert_eq!(sizes.iter().sum::<usize>(), count);
            assert!(sizes.is_sorted_by(|a, b| a >= b));
        }
        assert_eq!(bulk.parts(2).next().unwrap().1.as_str(), "INSERT INTO t VALUES (?), (?) ");
    }
}
