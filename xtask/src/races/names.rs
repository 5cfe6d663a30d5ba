//! Tests of races, found by their names: `race_<row>_…`, under an attribute that makes them tests.

use super::catalogue::{Catalogue, Level};

/// One test of a race.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Test {
    level: Level,
    row: String,
    pub(super) name: String,
    pub(super) file: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Tests(Vec<Test>);

impl Tests {
    /// Takes in the tests of one file. What is ignored is no test.
    pub(super) fn read(&mut self, level: Level, file: &str, text: &str) {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                is_test &= !line.starts_with("#[ignore");
                continue;
            }
            let row = is_test.then(|| race(line)).flatten();
            if let Some((row, name)) = row {
                self.0.push(Test {
                    level,
                    row,
                    name,
                    file: file.to_owned(),
                });
            }
            is_test &= line.starts_with("//") || line.is_empty();
        }
        self.0.sort();
    }

    pub(super) fn of<'a>(&'a self, row: &'a str, level: Level) -> Vec<&'a Test> {
        let mine = |test: &&Test| test.level == level && test.row == row;
        self.0.iter().filter(mine).collect()
    }

    /// Tests of rows that the catalogue does not have.
    pub(super) fn unknown(&self, catalogue: &Catalogue) -> Vec<String> {
        let known = |test: &&Test| catalogue.rows.iter().any(|row| row.id == test.row);
        let unknown = self.0.iter().filter(|test| !known(test));
        unknown
            .map(|test| format!("{}: {} is of no row of the catalogue", test.file, test.name))
            .collect()
    }
}

/// The row and the name of a test function of a race.
fn race(line: &str) -> Option<(String, String)> {
    let (_, name) = line.split_once("fn ")?;
    let (name, _) = name.split_once('(')?;
    let (row, _) = name.strip_prefix("race_")?.split_once('_')?;
    Some((row.to_uppercase(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_races_are_found_and_nothing_else_is() {
        let mut tests = Tests::default();
        tests.read(
            Level::Wire,
            "a.rs",
            "#[test]\nfn race_g1_both() {\n}\nfn race_g1_helper() {}\n\
             #[tokio::test(flavor = \"current_thread\")]\n// why\nasync fn race_c2_early() {}\n\
             #[test]\n#[ignore]\nfn race_a1_not_run() {}\n#[test]\nfn another() {}\n",
        );
        let names: Vec<_> = tests.0.iter().map(|test| test.name.as_str()).collect();
        assert_eq!(names, ["race_c2_early", "race_g1_both"]);
        assert_eq!(tests.of("G1", Level::Wire).len(), 1);
        assert!(tests.of("G1", Level::Machine).is_empty());
    }
}
