//! The rows of the catalogue, and the cells that have no test.

use std::fmt;

/// Cells that may be excused for good, over all rows.
const MOST_EXCUSES: usize = 12;

/// Where a race is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Machine,
    Simulation,
    Wire,
}

impl Level {
    pub(super) const ALL: [Self; 3] = [Self::Machine, Self::Simulation, Self::Wire];

    /// The level that a test file belongs to, by its folder.
    pub(super) fn of(path: &str) -> Option<Self> {
        let levels = [
            ("core/protocol/tests/machine/", Self::Machine),
            ("core/protocol/tests/ledger/", Self::Machine),
            ("core/protocol/tests/world/", Self::Simulation),
            ("core/sim/tests/", Self::Simulation),
            ("core/tests/calls/", Self::Wire),
            ("examples/backend/tests/", Self::Wire),
            ("examples/desktop/tests/", Self::Wire),
        ];
        levels
            .into_iter()
            .find_map(|(folder, level)| path.starts_with(folder).then_some(level))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "machine",
            Self::Simulation => "simulation",
            Self::Wire => "wire",
        })
    }
}

/// One race.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) happens: String,
    pub(super) comes_out: String,
    excuses: Vec<(Level, String)>,
}

impl Row {
    /// Why a level has no test: `n/a` with its reason, or `open`.
    pub(super) fn excuse(&self, level: Level) -> Option<&str> {
        let mut excuses = self.excuses.iter();
        excuses
            .find(|(of, _)| *of == level)
            .map(|(_, why)| why.as_str())
    }

    /// Whether a level is excused for good.
    pub(super) fn makes_no_sense(&self, level: Level) -> bool {
        self.excuse(level).is_some_and(|why| why != OPEN)
    }
}

/// All races.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) rows: Vec<Row>,
}

impl Catalogue {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let rows = lines.map(row).collect::<Result<Vec<_>, _>>()?;
        let all = rows.iter().flat_map(|row| &row.excuses);
        let excused = all.filter(|(_, why)| why != OPEN).count();
        if excused > MOST_EXCUSES {
            return Err(format!("{excused} cells are n/a, {MOST_EXCUSES} may be"));
        }
        Ok(Self { rows })
    }

    /// How many cells are still to be written.
    pub(super) fn open(&self) -> usize {
        let excuses = self.rows.iter().flat_map(|row| &row.excuses);
        excuses.filter(|(_, why)| why == OPEN).count()
    }
}

const OPEN: &str = "open";

fn row(line: &str) -> Result<Row, String> {
    let mut columns = line.split('\t');
    let mut next = || {
        columns
            .next()
            .map(str::to_owned)
            .filter(|column| !column.is_empty())
    };
    let (Some(id), Some(happens), Some(comes_out)) = (next(), next(), next()) else {
        return Err(format!(
            "three columns, divided by tabs, are wanted: {line}"
        ));
    };
    let excuses = columns.map(excuse).collect::<Result<_, _>>()?;
    Ok(Row {
        id,
        happens,
        comes_out,
        excuses,
    })
}

fn excuse(column: &str) -> Result<(Level, String), String> {
    let level = |word: &str| {
        Level::ALL
            .into_iter()
            .find(|level| level.to_string() == word)
            .ok_or_else(|| format!("no level: {word}"))
    };
    if let Some(word) = column.strip_prefix("open ") {
        return Ok((level(word)?, OPEN.to_owned()));
    }
    let reasoned = column
        .strip_prefix("n/a ")
        .and_then(|rest| rest.split_once(": "));
    let Some((word, reason)) = reasoned else {
        return Err(format!(
            "neither `n/a <level>: reason` nor `open <level>`: {column}"
        ));
    };
    Ok((level(word)?, format!("n/a, {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_its_excuses_is_read() {
        let text = "# words\nF1\tlate\tnothing\tn/a machine: no callbacks there\topen wire\n";
        let catalogue = Catalogue::read(text).expect("read");
        let [row] = catalogue.rows.as_slice() else {
            panic!("one row");
        };
        assert_eq!(row.excuse(Level::Machine), Some("n/a, no callbacks there"));
        assert_eq!(row.excuse(Level::Wire), Some(OPEN));
        assert_eq!(row.excuse(Level::Simulation), None);
        assert_eq!(catalogue.open(), 1);
    }

    #[test]
    fn more_than_twelve_excuses_are_too_many() {
        let rows = |count: usize| "A1\ta\tb\tn/a wire: c\n".repeat(count);
        assert!(Catalogue::read(&rows(12)).is_ok());
        assert!(Catalogue::read(&rows(13)).is_err());
    }

    #[test]
    fn an_excuse_without_a_reason_is_refused() {
        assert!(Catalogue::read("A1\ta\tb\tn/a wire\n").is_err());
        assert!(Catalogue::read("A1\ta\tb\tn/a air: c\n").is_err());
    }
}
