//! The catalogue of races, and which test shows each row at which level, worked out from the names of
//! the tests.

mod catalogue;
mod names;

use std::fs;
use std::path::Path;

use crate::failure::{Context, Failure, Result};
use crate::{programs, repository};
use catalogue::{Catalogue, Level};
use names::Tests;

const CATALOGUE: &str = "docs/races.tsv";
/// Where the table goes, under cargo's target folder.
const TABLE: &str = "races.md";

/// Writes the table, and says where it is and what is still open.
pub(crate) fn write(root: &Path) -> Result {
    let catalogue = catalogue(root)?;
    let path = programs::target_dir()?.join(TABLE);
    fs::write(&path, table(&catalogue, &tests(root)?))
        .context(format_args!("{} cannot be written", path.display()))?;
    println!(
        "{}: {} rows, {} cells open",
        path.display(),
        catalogue.rows.len(),
        catalogue.open()
    );
    Ok(())
}

/// Fails where a row lacks a test that the catalogue does not name as open or senseless.
pub(crate) fn check(root: &Path) -> Result {
    let catalogue = catalogue(root)?;
    let tests = tests(root)?;
    let mut found = missing(&catalogue, &tests);
    found.extend(tests.unknown(&catalogue));
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(found.join("\n")))
    }
}

fn catalogue(root: &Path) -> Result<Catalogue> {
    let text = fs::read_to_string(root.join(CATALOGUE))
        .context(format_args!("{CATALOGUE} cannot be read"))?;
    Catalogue::read(&text).map_err(|why| Failure::new(format!("{CATALOGUE}: {why}")))
}

fn tests(root: &Path) -> Result<Tests> {
    let mut tests = Tests::default();
    for path in repository::files(root)? {
        let name = path.to_string_lossy().replace('\\', "/");
        if let (Some(level), true) = (Level::of(&name), name.ends_with(".rs")) {
            let text = fs::read_to_string(root.join(&path))
                .context(format_args!("{name} cannot be read"))?;
            tests.read(level, &name, &text);
        }
    }
    Ok(tests)
}

fn missing(catalogue: &Catalogue, tests: &Tests) -> Vec<String> {
    let mut found = Vec::new();
    for row in &catalogue.rows {
        for level in Level::ALL {
            let shown = !tests.of(&row.id, level).is_empty();
            if row.excuse(level).is_none() && !shown {
                found.push(format!(
                    "{}: no test `race_{}_…` at the level {level}",
                    row.id,
                    row.id.to_lowercase()
                ));
            }
            if row.makes_no_sense(level) && shown {
                found.push(format!(
                    "{}: {CATALOGUE} says that the level {level} makes no sense, and there is a test",
                    row.id
                ));
            }
        }
    }
    found
}

/// An overview, then every test by its name.
fn table(catalogue: &Catalogue, tests: &Tests) -> String {
    let mut text = String::from(
        "# Races\n\n\
         What the call core survives, and the tests that show it, found by their names.\n\n\
         *Machine*: one device, or the ledger, by itself. *Simulation*: devices, server and links \
         in virtual time. *Wire*: a real backend and broker.\n\n\
         | | what happens | machine | simulation | wire |\n|---|---|---|---|---|\n",
    );
    for row in &catalogue.rows {
        let cells = Level::ALL.map(|level| match row.excuse(level) {
            Some(excuse) if tests.of(&row.id, level).is_empty() => excuse.to_owned(),
            Some(_) | None => tests.of(&row.id, level).len().to_string(),
        });
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            row.id,
            row.happens,
            cells.join(" | ")
        ));
    }
    for row in &catalogue.rows {
        text.push_str(&format!(
            "\n## {}: {}\n\nWhat must come out: {}.\n\n",
            row.id, row.happens, row.comes_out
        ));
        for level in Level::ALL {
            for test in tests.of(&row.id, level) {
                text.push_str(&format!("- {level}: `{}` ({})\n", test.name, test.file));
            }
        }
    }
    text
}
