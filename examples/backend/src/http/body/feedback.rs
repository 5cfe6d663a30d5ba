//! The body of a feedback.

use faithcall_protocol::redact::Personal;
use faithcall_protocol::rest::{
    CallFeedback, MAX_FEEDBACK_COMMENT_CHARS, MAX_FEEDBACK_ISSUE_CHARS, MAX_FEEDBACK_ISSUES,
    MAX_RATING,
};
use serde_json::Value;

use super::{Body, Fields};

impl Body for CallFeedback {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let rating = rating(fields);
        let issues = issues(fields);
        let comment = fields.text("comment");
        if let Some(comment) = &comment {
            let input = Value::String(comment.clone());
            bounded(
                fields,
                &["comment"],
                comment,
                MAX_FEEDBACK_COMMENT_CHARS,
                &input,
            );
        }
        Some(Self {
            rating: rating?,
            issues,
            comment: comment.map(Personal::new),
        })
    }
}

fn rating(fields: &mut Fields<'_>) -> Option<u8> {
    const NAME: &str = "rating";
    let Some(value) = fields.object.get(NAME).cloned() else {
        fields.missing(NAME);
        return None;
    };
    let Some(number) = value.as_i64() else {
        fields.fail(
            "int_type",
            &[NAME],
            "Input should be a valid integer",
            &value,
        );
        return None;
    };
    if number < 1 {
        let msg = "Input should be greater than or equal to 1";
        fields.fail("greater_than_equal", &[NAME], msg, &value);
    } else if number > i64::from(MAX_RATING) {
        let msg = format!("Input should be less than or equal to {MAX_RATING}");
        fields.fail("less_than_equal", &[NAME], &msg, &value);
    }
    u8::try_from(number).ok()
}

fn issues(fields: &mut Fields<'_>) -> Vec<String> {
    const NAME: &str = "issues";
    let Some(value) = fields.present(NAME) else {
        return Vec::new();
    };
    let Value::Array(entries) = &value else {
        fields.fail("list_type", &[NAME], "Input should be a valid list", &value);
        return Vec::new();
    };
    if entries.len() > MAX_FEEDBACK_ISSUES {
        let msg = format!("List should have at most {MAX_FEEDBACK_ISSUES} items after validation");
        fields.fail("too_long", &[NAME], &msg, &Value::Null);
        return Vec::new();
    }
    let mut issues = Vec::new();
    for (entry, place) in entries.iter().zip(0..) {
        let at = format!("{place}");
        let Some(issue) = entry.as_str() else {
            let msg = "Input should be a valid string";
            fields.fail("string_type", &[NAME, &at], msg, entry);
            continue;
        };
        if issue.is_empty() {
            let msg = "String should have at least 1 character";
            fields.fail("string_too_short", &[NAME, &at], msg, entry);
        }
        bounded(fields, &[NAME, &at], issue, MAX_FEEDBACK_ISSUE_CHARS, entry);
        issues.push(issue.to_owned());
    }
    issues
}

fn bounded(fields: &mut Fields<'_>, loc: &[&str], text: &str, most: usize, input: &Value) {
    if text.chars().count() > most {
        let msg = format!("String should have at most {most} characters");
        fields.fail("string_too_long", loc, &msg, input);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read;
    use super::*;

    fn error(body: Value) -> (String, Value) {
        let refusal = read::<CallFeedback>(body.to_string().as_bytes()).unwrap_err();
        let errors = refusal.detail().as_array().unwrap();
        assert_eq!(errors.len(), 1, "{errors:?}");
        (
            errors[0]["type"].as_str().unwrap().to_owned(),
            errors[0]["loc"].clone(),
        )
    }

    #[test]
    fn a_rating_is_enough_and_every_bad_field_is_named() {
        let only = read::<CallFeedback>(br#"{"rating": 5}"#).unwrap();
        assert_eq!((only.rating, only.issues, only.comment), (5, vec![], None));
        let long = "x".repeat(MAX_FEEDBACK_COMMENT_CHARS + 1);
        let many = vec!["echo"; MAX_FEEDBACK_ISSUES + 1];
        for (body, kind, loc) in [
            (json!({}), "missing", json!(["body", "rating"])),
            (
                json!({"rating": 0}),
                "greater_than_equal",
                json!(["body", "rating"]),
            ),
            (
                json!({"rating": 6}),
                "less_than_equal",
                json!(["body", "rating"]),
            ),
            (
                json!({"rating": 4.5}),
                "int_type",
                json!(["body", "rating"]),
            ),
            (
                json!({"rating": 1, "issues": "echo"}),
                "list_type",
                json!(["body", "issues"]),
            ),
            (
                json!({"rating": 1, "issues": many}),
                "too_long",
                json!(["body", "issues"]),
            ),
            (
                json!({"rating": 1, "issues": [1]}),
                "string_type",
                json!(["body", "issues", "0"]),
            ),
            (
                json!({"rating": 1, "issues": [""]}),
                "string_too_short",
                json!(["body", "issues", "0"]),
            ),
            (
                json!({"rating": 1, "comment": long}),
                "string_too_long",
                json!(["body", "comment"]),
            ),
        ] {
            assert_eq!(error(body), (kind.to_owned(), loc));
        }
    }
}
