//! What a run of the demo has to tell: everything in it was measured in that run.

use serde::{Serialize, Serializer};

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// When it began, ISO 8601.
    pub began_at: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The machine that it ran on.
    pub machine: String,
    /// What took part: names of programs and their versions or addresses.
    pub parts: Vec<(String, String)>,
    /// The calls, in the order in which they were played.
    pub scenes: Vec<Scene>,
}

/// One call, or a few that belong together.
#[derive(Debug, Serialize)]
pub(crate) struct Scene {
    /// A word for links and files.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What happens in it, in a sentence or two.
    pub story: &'static str,
    /// How long it took, phones started and ended included, in milliseconds.
    pub took_ms: u64,
    /// Who takes part, the caller first.
    pub lanes: Vec<Lane>,
    /// What happened, in the order of time.
    pub steps: Vec<Step>,
    /// What was heard.
    pub sounds: Vec<Heard>,
    /// What was seen.
    pub pictures: Vec<Seen>,
    /// Times that were measured again and again.
    pub samples: Vec<Sample>,
    /// What had to be so.
    pub checks: Vec<Check>,
}

/// One who takes part in a scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Lane {
    /// The name to show.
    pub name: String,
    /// Gives the colour.
    pub role: Role,
}

/// What somebody is in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Dials.
    Caller,
    /// The backend.
    Server,
    /// Is dialled.
    Callee,
    /// Another device, or another member.
    Other,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    /// When, in milliseconds after the scene's zero: the moment of dialling.
    pub at_ms: f64,
    /// At whom, an index into the lanes.
    pub lane: usize,
    /// What, in a few words.
    pub what: String,
    /// Somebody did it; everything else followed.
    pub is_command: bool,
    /// The earlier step that this one follows from, an index into the steps.
    pub from: Option<usize>,
}

/// A sound that arrived.
#[derive(Debug, Serialize)]
pub(crate) struct Heard {
    /// At whom, an index into the lanes.
    pub at: usize,
    /// Whose it should be, an index into the lanes.
    pub of: usize,
    /// When the recording begins, in milliseconds after the scene's zero.
    pub begins_ms: f64,
    /// Lowest and highest sample of equal parts, -1 to 1.
    pub peaks: Vec<(f32, f32)>,
    /// How long the recording is, in milliseconds.
    pub lasts_ms: f64,
    /// Moments that matter: milliseconds after the scene's zero, and what happened.
    pub marks: Vec<(f64, String)>,
    /// Spans in which nothing may be heard, in milliseconds after the scene's zero.
    pub silent: Vec<(f64, f64)>,
}

/// A picture that arrived.
#[derive(Debug, Serialize)]
pub(crate) struct Seen {
    /// At whom, an index into the lanes.
    pub at: usize,
    /// What it shows, as read from the picture.
    pub caption: String,
    /// The PNG file.
    #[serde(skip)]
    pub png: Vec<u8>,
}

/// One measured time of several.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    /// What was measured.
    pub series: String,
    /// At whom.
    pub at: Role,
    /// The result, in milliseconds.
    pub ms: f64,
}

/// Something that had to be so.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    /// What, as a sentence.
    pub claim: String,
    /// What was measured.
    pub measured: Vec<Figure>,
    /// What would have been right, in words.
    pub expected: String,
    /// It was so.
    pub passed: bool,
}

/// One measured value.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// Of what; may be empty.
    pub name: String,
    /// How much, or which.
    pub value: Value,
}

/// A number with its unit, or a word.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A number: value, digits after the point, unit.
    Number(f64, usize, &'static str),
    /// A word.
    Word(String),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number, ..) => serializer.serialize_f64(*number),
            Self::Word(word) => serializer.serialize_str(word),
        }
    }
}

impl Value {
    /// The value as shown.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(number, digits, "") => format!("{number:.digits$}"),
            Self::Number(number, digits, unit) => format!("{number:.digits$} {unit}"),
            Self::Word(word) => word.clone(),
        }
    }
}

impl Check {
    /// A check without figures yet.
    pub(crate) fn new(claim: impl Into<String>, expected: impl Into<String>, passed: bool) -> Self {
        Self {
            claim: claim.into(),
            measured: Vec::new(),
            expected: expected.into(),
            passed,
        }
    }

    /// Adds a measured number.
    pub(crate) fn number(
        mut self,
        name: &str,
        value: f64,
        digits: usize,
        unit: &'static str,
    ) -> Self {
        self.measured.push(Figure {
            name: name.to_owned(),
            value: Value::Number(value, digits, unit),
        });
        self
    }

    /// Adds an observed word.
    pub(crate) fn word(mut self, name: &str, word: impl Into<String>) -> Self {
        self.measured.push(Figure {
            name: name.to_owned(),
            value: Value::Word(word.into()),
        });
        self
    }
}

impl Scene {
    /// Every check passed.
    pub(crate) fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

impl Report {
    /// How many checks there are, and how many of them failed.
    pub(crate) fn tally(&self) -> (usize, usize) {
        let checks = || self.scenes.iter().flat_map(|scene| &scene.checks);
        (checks().count(), checks().filter(|c| !c.passed).count())
    }
}

/// The middle of measured values; `None` for none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some((upper + lower) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_odd_even_and_no_values() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    #[test]
    fn a_value_is_shown_with_its_unit_and_written_as_a_number() {
        let check = Check::new("a", "b", true).number("told after", 21.46, 1, "s");
        assert_eq!(check.measured[0].value.text(), "21.5 s");
        let json = serde_json::to_value(&check).unwrap();
        assert_eq!(json["measured"][0]["value"], 21.46);
    }
}
