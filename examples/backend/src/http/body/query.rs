//! Parameters of a query, refused in part A's words like the fields of a body.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::invalid;
use crate::http::refusal::Refusal;

/// The parameters of one query, and what is wrong with those looked at so far.
pub(in crate::http) struct Parameters {
    given: HashMap<String, String>,
    errors: Vec<Value>,
}

impl Parameters {
    pub(in crate::http) fn new(given: HashMap<String, String>) -> Self {
        Self {
            given,
            errors: Vec::new(),
        }
    }

    /// A whole number from `least` to `most`; `default` where it is not given, or is no such.
    pub(in crate::http) fn number(
        &mut self,
        name: &str,
        default: u32,
        least: u32,
        most: u32,
    ) -> u32 {
        let Some(text) = self.given.get(name).cloned() else {
            return default;
        };
        let read: Option<i64> = text.trim().parse().ok();
        match read.map(|number| (number, u32::try_from(number))) {
            Some((_, Ok(number))) if (least..=most).contains(&number) => return number,
            Some((number, _)) if number < i64::from(least) => {
                let msg = format!("Input should be greater than or equal to {least}");
                self.fail("greater_than_equal", name, &msg, text, json!({"ge": least}));
            }
            Some(_) => {
                let msg = format!("Input should be less than or equal to {most}");
                self.fail("less_than_equal", name, &msg, text, json!({"le": most}));
            }
            None => {
                let msg = "Input should be a valid integer, unable to parse string as an integer";
                self.fail("int_parsing", name, msg, text, Value::Null);
            }
        }
        default
    }

    /// One of the words that `T` knows, which `expected` lists as part A writes them.
    pub(in crate::http) fn word<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Option<T> {
        let text = self.given.get(name)?.clone();
        let word = serde_json::from_value(Value::String(text.clone())).ok();
        if word.is_none() {
            let msg = format!("Input should be {expected}");
            self.fail("enum", name, &msg, text, json!({"expected": expected}));
        }
        word
    }

    /// Refuses the query where something is wrong with it.
    pub(in crate::http) fn check(self) -> Result<(), Refusal> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(invalid(self.errors))
        }
    }

    fn fail(&mut self, kind: &str, name: &str, msg: &str, input: String, context: Value) {
        let mut error = super::error(kind, &["query", name], msg, &Value::String(input));
        if let Some(fields) = error.as_object_mut().filter(|_| !context.is_null()) {
            fields.insert("ctx".to_owned(), context);
        }
        self.errors.push(error);
    }
}

#[cfg(test)]
mod tests {
    use faithcall_protocol::media::CallType;

    use super::*;

    fn parameters(given: &[(&str, &str)]) -> Parameters {
        let given = given
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Parameters::new(given.collect())
    }

    #[test]
    fn what_is_not_given_is_the_default_and_what_is_good_is_taken() {
        let mut query = parameters(&[("size", " 7 "), ("type", "video"), ("other", "x")]);
        assert_eq!(query.number("page", 1, 1, 9), 1);
        assert_eq!(query.number("size", 20, 1, 100), 7);
        assert_eq!(query.word("type", ""), Some(CallType::Video));
        assert!(query.check().is_ok());
    }

    #[test]
    fn each_bad_one_is_named_with_what_is_wrong() {
        for (value, kind, context) in [
            ("0", "greater_than_equal", json!({"ge": 1})),
            ("-1", "greater_than_equal", json!({"ge": 1})),
            ("101", "less_than_equal", json!({"le": 100})),
            ("99999999999", "less_than_equal", json!({"le": 100})),
            ("one", "int_parsing", Value::Null),
            ("", "int_parsing", Value::Null),
        ] {
            let mut query = parameters(&[("size", value)]);
            query.number("size", 20, 1, 100);
            let refusal = query.check().unwrap_err();
            let error = &refusal.detail()[0];
            assert_eq!(error["type"], kind, "{value}");
            assert_eq!(error["loc"], json!(["query", "size"]));
            assert_eq!(error["input"], value);
            assert_eq!(error["ctx"], context);
        }
    }
}
