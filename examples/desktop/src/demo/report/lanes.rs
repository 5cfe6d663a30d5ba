//! A call as lanes: time runs down, one row a step, lines from a cause to what followed.

use maud::{Markup, html};

use super::model::{Lane, Role, Scene, Step};

const ROW: f64 = 30.0;
/// Added above a row that comes long after the one before.
const PAUSE: f64 = 22.0;
/// What is long, in milliseconds.
const LONG_MS: f64 = 1000.0;
const LANE: f64 = 46.0;

pub(super) fn render(scene: &Scene) -> Markup {
    let places = places(&scene.steps);
    let height = places.last().map_or(0.0, |last| last + ROW / 2.0);
    let width = LANE * scene.lanes.len() as f64;
    html! {
        figure.sequence style={ "--graph:" (width) "px" } {
            figcaption {
                span.time { "ms" }
                span.names {
                    @for lane in &scene.lanes {
                        span class={ "lane " (class(scene, lane_index(scene, lane))) } { (lane.name) }
                    }
                }
            }
            div.body {
                svg width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="img" aria-label={ "Timeline of the scene: " (scene.title) } {
                    @for index in 0..scene.lanes.len() {
                        line class={ "life " (class(scene, index)) } x1=(x(index)) x2=(x(index)) y1="0" y2=(height) {}
                    }
                    @for (step, y) in scene.steps.iter().zip(&places) {
                        (cause(scene, step, *y, &places))
                    }
                    @for (step, y) in scene.steps.iter().zip(&places) {
                        circle class={ "dot " (class(scene, step.lane)) } cx=(x(step.lane)) cy=(y) r=(if step.is_command { 7.5 } else { 5.0 }) {}
                    }
                }
                ol {
                    @for (index, step) in scene.steps.iter().enumerate() {
                        li style=[pause(&scene.steps, index).map(|_| format!("margin-top:{PAUSE}px"))] {
                            @if let Some(ms) = pause(&scene.steps, index) {
                                span.pause { (format!("{:.1} s later", ms / 1000.0)) }
                            }
                            span.time { (thousands(step.at_ms)) }
                            span class={ "what " (class(scene, step.lane)) } title=(step.what) {
                                b {
                                    @if let Some(lane) = scene.lanes.get(step.lane) { (lane.name) }
                                }
                                " " (step.what)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The middle of each step's row, from the top.
fn places(steps: &[Step]) -> Vec<f64> {
    let mut top = 0.0;
    (0..steps.len())
        .map(|index| {
            if pause(steps, index).is_some() {
                top += PAUSE;
            }
            top += ROW;
            top - ROW / 2.0
        })
        .collect()
}

/// The time since the step before, where it is long.
fn pause(steps: &[Step], index: usize) -> Option<f64> {
    let before = steps.get(index.checked_sub(1)?)?;
    let ms = steps.get(index)?.at_ms - before.at_ms;
    (ms >= LONG_MS).then_some(ms)
}

fn x(lane: usize) -> f64 {
    LANE * (lane as f64 + 0.5)
}

fn cause(scene: &Scene, step: &Step, y: f64, places: &[f64]) -> Markup {
    let cause = step
        .from
        .and_then(|from| Some((scene.steps.get(from)?, places.get(from)?)));
    html! {
        @if let Some((from, from_y)) = cause {
            @if from.lane != step.lane {
                line class={ "cause " (class(scene, from.lane)) } x1=(x(from.lane)) y1=(from_y) x2=(x(step.lane)) y2=(y) {}
            }
        }
    }
}

fn lane_index(scene: &Scene, lane: &Lane) -> usize {
    scene.lanes.iter().position(|l| l == lane).unwrap_or(0)
}

/// The class that gives a lane its colour.
pub(super) fn class(scene: &Scene, lane: usize) -> &'static str {
    let lane = scene.lanes.get(lane);
    role_class(lane.map_or(Role::Server, |lane| lane.role))
}

/// The class that gives a role its colour.
pub(super) fn role_class(role: Role) -> &'static str {
    match role {
        Role::Caller => "caller",
        Role::Server => "server",
        Role::Callee => "callee",
        Role::Other => "other",
    }
}

/// Whole milliseconds with a thin space between the thousands.
fn thousands(ms: f64) -> String {
    let whole = ms.round() as i64;
    let digits = whole.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if whole < 0 {
        format!("−{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(7.4), "7");
        assert_eq!(thousands(21_456.0), "21\u{202f}456");
        assert_eq!(thousands(-1_000.0), "−1\u{202f}000");
    }

    #[test]
    fn a_long_pause_takes_room() {
        let step = |at_ms| Step {
            at_ms,
            lane: 0,
            what: String::new(),
            from: None,
            is_command: false,
        };
        let places = places(&[step(0.0), step(10.0), step(2010.0)]);
        assert_eq!(places, [ROW * 0.5, ROW * 1.5, ROW * 2.5 + PAUSE]);
    }
}
