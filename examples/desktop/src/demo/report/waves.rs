//! Received sound as waveforms, all of a scene on one axis of time.

use std::fmt::Write;

use maud::{Markup, html};

use super::lanes::class;
use super::model::{Heard, Scene};

/// Width of a drawing, in its own units; the page stretches it.
const WIDTH: f64 = 1000.0;
const HALF: f64 = 40.0;
/// Silence is drawn as a line, so half thick, as a part of the loudest.
const LINE: f32 = 0.015;

pub(super) fn render(scene: &Scene) -> Markup {
    let ends = scene.sounds.iter().map(|s| s.begins_ms + s.lasts_ms);
    let span = ends.fold(1.0, f64::max);
    let peaks = scene.sounds.iter().flat_map(|s| &s.peaks);
    let loudest = peaks.fold(0.1, |loudest, (low, high)| high.max(-low).max(loudest));
    html! {
        @if !scene.sounds.is_empty() {
            figure.waves {
                @for heard in &scene.sounds {
                    @let at = name(scene, heard.at);
                    @let of = name(scene, heard.of);
                    p.label { b class=(class(scene, heard.at)) { (at) } " received " b class=(class(scene, heard.of)) { (of) } }
                    div.track {
                        svg viewBox={ "0 0 " (WIDTH) " " (HALF * 2.0) } preserveAspectRatio="none" role="img" aria-label={ "Waveform of what " (at) " received" } {
                            @for (from, to) in &heard.silent {
                                rect.silent x=(x(*from, span)) width=(x(*to, span) - x(*from, span)) y="0" height=(HALF * 2.0) {}
                            }
                            path class={ "wave " (class(scene, heard.of)) } d=(outline(heard, span, loudest)) {}
                        }
                        @for (ms, what) in &heard.marks {
                            span.mark.late[*ms > span * 0.85] style={ "left:" (percent(*ms, span)) "%" } { i { (what) } }
                        }
                    }
                }
                div.axis {
                    @for second in ticks(span) {
                        span style={ "left:" (percent(second * 1000.0, span)) "%" } { (second) " s" }
                    }
                }
                figcaption { "Seconds after dialling; one scale for all. Shaded: nothing may be heard." }
            }
        }
    }
}

fn name(scene: &Scene, lane: usize) -> &str {
    scene.lanes.get(lane).map_or("?", |lane| &lane.name)
}

fn x(ms: f64, span: f64) -> f64 {
    (ms / span).clamp(0.0, 1.0) * WIDTH
}

fn percent(ms: f64, span: f64) -> String {
    format!("{:.2}", x(ms, span) / WIDTH * 100.0)
}

/// A closed line around the peaks, there along the highest and back along the lowest.
fn outline(heard: &Heard, span: f64, loudest: f32) -> String {
    let part_ms = heard.lasts_ms / heard.peaks.len().max(1) as f64;
    let mut path = String::from("M");
    let mut point = |index: usize, level: f32| {
        let x = x(heard.begins_ms + (index as f64 + 0.5) * part_ms, span);
        // Writing to a string cannot fail.
        let _ = write!(
            path,
            "{x:.1} {:.1} ",
            HALF * (1.0 - 0.95 * f64::from(level / loudest))
        );
    };
    for (index, (_, high)) in heard.peaks.iter().enumerate() {
        point(index, high.max(LINE * loudest));
    }
    for (index, (low, _)) in heard.peaks.iter().enumerate().rev() {
        point(index, low.min(-LINE * loudest));
    }
    path + "Z"
}

/// Whole seconds that are worth a tick: ten at most.
fn ticks(span: f64) -> impl Iterator<Item = f64> {
    let step = [1.0, 2.0, 5.0, 10.0, 30.0]
        .into_iter()
        .find(|step| span / 1000.0 / step <= 10.0)
        .unwrap_or(60.0);
    (0..)
        .map(move |n| f64::from(n) * step)
        .take_while(move |s| s * 1000.0 <= span)
}
