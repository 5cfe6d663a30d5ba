//! A trace, step by step, through a fresh machine.

mod line;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

use clap::Args;
use faithcall_protocol::trace::{Difference, Replay, Replayed, TraceError};

use crate::colour::Colour;
use line::one_line;

/// Shows a trace (`phone --trace FILE`) and plays it again: each input with its time, and what
/// the call core answers, a line each. Stops where an answer is not the recorded one, and shows
/// both.
///
/// Exit status: 0 when every answer is as recorded; 1 when one is not, or when the file is no
/// trace; 2 for wrong arguments.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The trace
    #[arg(value_name = "FILE.jsonl")]
    pub file: PathBuf,
    /// Waits for Enter after each input
    #[arg(long)]
    pub step: bool,
}

/// Why a trace was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file.
    #[error("{} cannot be read: {why}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// Nothing is in it.
    #[error("the file is empty: a trace begins when its phone signs in")]
    Empty,
    /// A line of the file.
    #[error("line {line}: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why.
        why: TraceError,
    },
    /// The terminal, or whatever reads.
    #[error("the replay cannot be shown: {0}")]
    Shown(io::Error),
}

/// Plays the file; `false` where an answer is not the recorded one.
///
/// # Errors
/// [`ReplayError`].
pub fn run(args: &ReplayArgs) -> Result<bool, ReplayError> {
    let unreadable = |why| ReplayError::File {
        file: args.file.clone(),
        why,
    };
    let file = File::open(&args.file).map_err(unreadable)?;
    let lines: io::Result<Vec<String>> = BufReader::new(file).lines().collect();
    let mut screen = Screen {
        out: io::stdout().lock(),
        colour: Colour::of_stdout(),
        enter: args.step.then(|| io::stdin().lock()),
    };
    screen.play(&lines.map_err(unreadable)?)
}

/// Where a replay is shown, and what it waits for between inputs.
struct Screen<Out, Enter> {
    out: Out,
    colour: Colour,
    enter: Option<Enter>,
}

impl<Out: Write, Enter: BufRead> Screen<Out, Enter> {
    fn play(&mut self, lines: &[String]) -> Result<bool, ReplayError> {
        let (header, steps) = lines.split_first().ok_or(ReplayError::Empty)?;
        let at = |line| move |why| ReplayError::Line { line, why };
        let mut replay = Replay::new(header).map_err(at(1))?;
        self.header(&replay)?;
        let (mut inputs, mut outputs) = (0, 0);
        for (number, line) in (2..).zip(steps) {
            let Some(replayed) = replay.step(line).map_err(at(number))? else {
                self.note("the trace was cut here: it had reached its size")?;
                break;
            };
            self.step(number, &replayed)?;
            if let Some(difference) = &replayed.difference {
                self.difference(number, difference, steps.len() + 1 - number)?;
                return Ok(false);
            }
            inputs += 1;
            outputs += replayed.step.outputs.len();
            self.wait()?;
        }
        let text = format!("no difference: {inputs} inputs, {outputs} outputs");
        self.line(&format!("\n{}", self.colour.paint("1;32", &text)))?;
        Ok(true)
    }

    fn header(&mut self, replay: &Replay) -> Result<(), ReplayError> {
        let header = replay.header();
        let config = &header.config;
        let version = env!("CARGO_PKG_VERSION");
        let text = format!(
            "{} on {}, by version {}",
            config.me, config.device, header.version
        );
        self.line(&self.colour.paint("1", &text))?;
        if header.version != version {
            self.note(&format!(
                "this is version {version}: a difference may be a change that was meant"
            ))?;
        }
        Ok(())
    }

    fn step(&mut self, number: usize, replayed: &Replayed) -> Result<(), ReplayError> {
        let step = &replayed.step;
        let (seconds, ms) = (step.at_ms / 1000, step.at_ms % 1000);
        let input = self.colour.paint("36", &one_line(&step.input));
        let number = self.colour.paint("2", &format!("{number:>5}"));
        self.line(&format!("{number} {seconds:>6}.{ms:03}  {input}"))?;
        let same = replayed
            .difference
            .as_ref()
            .map_or(step.outputs.len(), |d| d.output);
        for output in step.outputs.iter().take(same) {
            let colour = if output.get("event").is_some() {
                "33"
            } else {
                "0"
            };
            let text = self.colour.paint(colour, &one_line(output));
            self.line(&format!("{:20}{text}", ""))?;
        }
        Ok(())
    }

    fn difference(
        &mut self,
        number: usize,
        difference: &Difference,
        left: usize,
    ) -> Result<(), ReplayError> {
        let text = format!(
            "✗ line {number}, output {}: not as recorded",
            difference.output + 1
        );
        self.line(&self.colour.paint("1;31", &text))?;
        for (name, side) in [
            ("recorded", &difference.recorded),
            ("replayed", &difference.replayed),
        ] {
            let (short, whole) = match side {
                Some(output) => (one_line(output), output.to_string()),
                None => ("nothing more".to_owned(), String::new()),
            };
            self.line(&format!("  {name}:  {short}"))?;
            if !whole.is_empty() {
                self.line(&self.colour.paint("2", &format!("             {whole}")))?;
            }
        }
        self.note(&format!("stopped here, {left} inputs before the end"))
    }

    fn wait(&mut self) -> Result<(), ReplayError> {
        if let Some(enter) = &mut self.enter {
            self.out.flush().map_err(ReplayError::Shown)?;
            enter
                .read_line(&mut String::new())
                .map_err(ReplayError::Shown)?;
        }
        Ok(())
    }

    fn note(&mut self, text: &str) -> Result<(), ReplayError> {
        self.line(&self.colour.paint("2", text))
    }

    fn line(&mut self, text: &str) -> Result<(), ReplayError> {
        writeln!(self.out, "{text}").map_err(ReplayError::Shown)
    }
}
