//! What is wrong with JSON, without quoting it.

use serde_json::error::Category;

/// Where JSON could not be read, and in what way. serde's own words may quote what it holds: a name,
/// a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (line {line}, column {column})")]
pub(crate) struct JsonFault {
    kind: &'static str,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for JsonFault {
    fn from(error: serde_json::Error) -> Self {
        let kind = match error.classify() {
            Category::Io => "it could not be read to its end",
            Category::Syntax => "it is not JSON",
            Category::Data => "a field is missing or of another kind",
            Category::Eof => "it ends too soon",
        };
        Self {
            kind,
            line: error.line(),
            column: error.column(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_and_never_what() {
        for (text, said) in [
            (
                r#"["Ann", "Bob"]"#,
                "a field is missing or of another kind (line 1, column 6)",
            ),
            ("[Ann", "it is not JSON (line 1, column 2)"),
            ("[1,\n2", "it ends too soon (line 2, column 1)"),
        ] {
            let error = serde_json::from_str::<Vec<u8>>(text).unwrap_err();
            assert_eq!(JsonFault::from(error).to_string(), said);
        }
    }
}
