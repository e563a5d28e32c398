//! Between rows and values: every projection has a typed reader beside it, so that nobody else names columns.

use std::fmt::Display;
use std::str::FromStr;

use boxoffice_domain::money::Minor;
use boxoffice_domain::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::table::{Inapplicable, Row, Value};

/// A row that is not what its projection writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}` of a read model does not hold what it should")]
pub struct BadRow {
    /// The first column that cannot be read.
    pub column: &'static str,
}

/// The cells of one row, read by type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'a>(pub(crate) &'a Row);

impl<'a> Cells<'a> {
    fn cell(self, column: &'static str) -> Option<&'a Value> {
        self.0.get(column).filter(|value| **value != Value::Null)
    }

    fn required<T>(value: Option<T>, column: &'static str) -> Result<T, BadRow> {
        value.ok_or(BadRow { column })
    }

    pub(crate) fn optional_text(self, column: &'static str) -> Result<Option<String>, BadRow> {
        self.cell(column).map(|value| Self::required(value.as_text().map(str::to_owned), column)).transpose()
    }

    pub(crate) fn text(self, column: &'static str) -> Result<String, BadRow> {
        Self::required(self.optional_text(column)?, column)
    }

    pub(crate) fn optional_integer(self, column: &'static str) -> Result<Option<i64>, BadRow> {
        self.cell(column).map(|value| Self::required(value.as_integer(), column)).transpose()
    }

    /// An integer that fits into `T`.
    pub(crate) fn number<T: TryFrom<i64>>(self, column: &'static str) -> Result<T, BadRow> {
        let value = Self::required(self.optional_integer(column)?, column)?;
        T::try_from(value).map_err(|_| BadRow { column })
    }

    pub(crate) fn optional_time(self, column: &'static str) -> Result<Option<Timestamp>, BadRow> {
        Ok(self.optional_integer(column)?.map(Timestamp::from_unix_ms))
    }

    pub(crate) fn time(self, column: &'static str) -> Result<Timestamp, BadRow> {
        Self::required(self.optional_time(column)?, column)
    }

    /// Text that reads as a `T`: an id, a digest, a currency.
    pub(crate) fn optional_parsed<T: FromStr>(self, column: &'static str) -> Result<Option<T>, BadRow> {
        self.optional_text(column)?.map(|text| text.parse().map_err(|_| BadRow { column })).transpose()
    }

    pub(crate) fn parsed<T: FromStr>(self, column: &'static str) -> Result<T, BadRow> {
        Self::required(self.optional_parsed(column)?, column)
    }

    /// Text that is the JSON of a `T`.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &'static str) -> Result<T, BadRow> {
        serde_json::from_str(&self.text(column)?).map_err(|_| BadRow { column })
    }

    /// Text that is the bare name of a variant of `T`.
    pub(crate) fn optional_name<T: DeserializeOwned>(
        self,
        column: &'static str,
    ) -> Result<Option<T>, BadRow> {
        self.optional_text(column)?
            .map(|text| serde_json::from_value(text.into()).map_err(|_| BadRow { column }))
            .transpose()
    }

    pub(crate) fn name<T: DeserializeOwned>(self, column: &'static str) -> Result<T, BadRow> {
        Self::required(self.optional_name(column)?, column)
    }
}

/// A cell with the text form of an id or digest.
pub(crate) fn shown(value: &impl Display) -> Value {
    Value::Text(value.to_string())
}

/// A cell with a time.
pub(crate) fn time(value: Timestamp) -> Value {
    Value::Integer(value.unix_ms())
}

/// A cell with an amount.
pub(crate) fn minor(value: Minor) -> Result<Value, Inapplicable> {
    i64::try_from(value)
        .map(Value::Integer)
        .map_err(|_| Inapplicable(format!("an amount of {value} minor units")))
}

/// A cell with a count that only grows, such as a version.
pub(crate) fn count(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A cell with JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<Value, Inapplicable> {
    serde_json::to_string(value).map(Value::Text).map_err(|error| Inapplicable(error.to_string()))
}

/// A cell with the bare name of a variant.
pub(crate) fn name(value: &impl Serialize) -> Result<Value, Inapplicable> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(Value::Text(text)),
        Ok(other) => Err(Inapplicable(format!("{other} is not a name"))),
        Err(error) => Err(Inapplicable(error.to_string())),
    }
}

/// Declares an enum whose variants have names: in tables, on the wire and in queries the same.
macro_rules! named {
    ($(#[$doc:meta])* $vis:vis enum $enum:ident { $( $(#[$variant_doc:meta])* $variant:ident = $name:literal ),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $enum { $( $(#[$variant_doc])* $variant, )+ }

        impl $enum {
            /// Its name, in `snake_case`.
            #[must_use]
            $vis const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $enum {
            type Err = $crate::row::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $( $name => Ok(Self::$variant), )+
                    _ => Err($crate::row::UnknownName),
                }
            }
        }

        impl From<$enum> for $crate::table::Value {
            fn from(value: $enum) -> Self {
                value.as_str().into()
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use named;

/// Text that is not one of the names that are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an unknown name")]
pub struct UnknownName;
