//! The words of Rust code, without its comments and literals.

/// An identifier or keyword, and where in a path it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
    /// No other name stands before it in its path (`a` in `a::b` and in `::a`; neither in `x::{a, b}`).
    pub(super) begins_path: bool,
    /// `::` follows.
    pub(super) leads_path: bool,
    /// It follows `use`, `crate` of `extern crate`, or stands in the braces of a `use` with no path before them.
    pub(super) imported: bool,
}

/// Every word of `source` outside comments, strings and characters.
pub(super) fn words(source: &str) -> Vec<Word<'_>> {
    let tokens = tokens(source);
    let mut words = Vec::new();
    // For each open brace, whether a path stands before it: `use a::{b}`.
    let mut braces = Vec::new();
    // Whether the tokens since the last `;` are those of a `use`.
    let mut in_use = false;
    for (at, token) in tokens.iter().enumerate() {
        let back = |steps: usize| {
            at.checked_sub(steps)
                .and_then(|at| tokens.get(at))
                .map_or("", |token| token.text)
        };
        match token.text {
            "{" => {
                braces.push(back(1) == "::" && (is_name(back(2)) || braces.last() == Some(&true)))
            }
            "}" => {
                braces.pop();
            }
            ";" => in_use = false,
            "use" => in_use = true,
            _ => {}
        }
        if is_word(token.text) {
            let after_name = back(1) == "::" && (is_name(back(2)) || back(2) == ">");
            let within_path = in_use && braces.last() == Some(&true);
            let follows_use = back(1) == "use" || (back(1) == "::" && back(2) == "use");
            words.push(Word {
                text: token.text,
                line: token.line,
                begins_path: !after_name && !within_path,
                leads_path: tokens.get(at + 1).is_some_and(|next| next.text == "::"),
                imported: follows_use
                    || (back(1) == "crate" && back(2) == "extern")
                    || (in_use && !braces.is_empty() && matches!(back(1), "{" | ",")),
            });
        }
    }
    words
}

#[derive(Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// Words that may stand before a path that begins with `::`.
const BEFORE_A_PATH: &[&str] = &[
    "as", "dyn", "else", "for", "if", "impl", "in", "match", "mut", "return", "use", "where",
    "while",
];

fn is_name(text: &str) -> bool {
    is_word(text) && !BEFORE_A_PATH.contains(&text)
}

fn is_word(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic())
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (length, is_code) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (1 + string(rest.get(1..).unwrap_or_default()), false),
            '\'' => (character(rest), false),
            'b' | 'c' | 'r' if raw_string(rest).is_some() => (raw_string(rest).unwrap_or(1), false),
            ':' if rest.starts_with("::") => (2, true),
            first if first == '_' || first.is_alphanumeric() => {
                let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
                (end.unwrap_or(rest.len()), true)
            }
            first => (first.len_utf8(), !first.is_whitespace()),
        };
        let Some((text, left)) = rest.split_at_checked(length) else {
            break;
        };
        if is_code {
            tokens.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = left;
    }
    tokens
}

/// The length of a comment that may hold others.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a string from after its opening quote to after its closing one.
fn string(inside: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    inside.len()
}

/// The length of a character literal, or 1 where the quote begins a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1)
        }
        Some(_) => chars
            .next()
            .filter(|(_, c)| *c == '\'')
            .map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}

/// The length of a literal like `r#"…"#` or `b"…"`, if one stands here.
fn raw_string(rest: &str) -> Option<usize> {
    let after_prefix = rest
        .trim_start_matches(['b', 'c'])
        .strip_prefix('r')
        .map(|raw| (raw, true));
    let (body, is_raw) = after_prefix.unwrap_or((rest.trim_start_matches(['b', 'c']), false));
    let inside = body.trim_start_matches('#');
    let hashes = body.len() - inside.len();
    let prefix = rest.len() - inside.len();
    if prefix - hashes > 2 || (hashes > 0 && !is_raw) {
        return None;
    }
    let inside = inside.strip_prefix('"')?;
    if !is_raw {
        return Some(prefix + 1 + string(inside));
    }
    let end = format!("\"{}", "#".repeat(hashes));
    Some(prefix + 1 + inside.find(&end).map_or(inside.len(), |at| at + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        words(source).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let source = "a // b\n/* c /* d */ e */ f \"g \\\" h\" i r#\"j \" k\"# l b\"m\" 'n' o '\\'' p <'q> r";
        assert_eq!(texts(source), ["a", "f", "i", "l", "o", "p", "q", "r"]);
    }

    #[test]
    fn a_word_that_begins_like_a_literal_is_a_word() {
        assert_eq!(
            texts("r br bright crate r#type raw b"),
            ["r", "br", "bright", "crate", "r", "type", "raw", "b"]
        );
    }

    #[test]
    fn lines_are_counted_through_literals() {
        let lines: Vec<usize> = words("a\n\"x\ny\"\n/*\n*/ b")
            .iter()
            .map(|word| word.line)
            .collect();
        assert_eq!(lines, [1, 5]);
    }

    #[test]
    fn whatever_is_cut_short_ends() {
        for source in [
            "\"open", "/* open", "r#\"open", "'", "'\\", "b'", "ü\"é", "r###",
        ] {
            words(source);
        }
    }
}
