//! The page: a summary on top, then scene by scene.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::model::{Check, Report, Scene, median};
use super::{lanes, pictures, strips, waves};

pub(super) fn render(report: &Report) -> String {
    let (checks, failed) = report.tally();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "FaithCall demo: " (verdict(checks, failed)) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main {
                    (top(report, checks, failed))
                    @for scene in &report.scenes { (section(scene)) }
                    (clocks(report))
                }
            }
        }
    }
    .into_string()
}

fn verdict(checks: usize, failed: usize) -> String {
    match failed {
        0 => format!("all {checks} checks passed"),
        _ => format!("{failed} of {checks} checks failed"),
    }
}

fn top(report: &Report, checks: usize, failed: usize) -> Markup {
    html! {
        header {
            p.eyebrow { "FaithCall · a run of the demo" }
            h1 class=(if failed == 0 { "good" } else { "bad" }) { (capital(&verdict(checks, failed))) }
            p.lede {
                "Real phones, backend, broker and media server, each with its own connections. "
                "Began " time datetime=(report.began_at) { (minute(&report.began_at)) } ", took " (seconds(report.took_ms as f64)) ", on " (report.machine) "."
            }
            div.cards { @for card in cards(report) { (card) } }
            nav aria-label="Scenes" {
                @for scene in &report.scenes {
                    a href={ "#" (scene.id) } class=(if scene.passed() { "pass" } else { "fail" }) {
                        span.name { (mark(scene.passed())) " " (scene.title) }
                        span.count { (count(scene)) }
                    }
                }
            }
        }
    }
}

fn count(scene: &Scene) -> String {
    let passed = scene.checks.iter().filter(|check| check.passed).count();
    format!("{passed}/{}", scene.checks.len())
}

/// The figures that somebody asks for first, each with the check or the samples it is from.
fn cards(report: &Report) -> Vec<Markup> {
    let mut cards = Vec::new();
    for scene in &report.scenes {
        for series in strips::series(&scene.samples) {
            let of_series = scene.samples.iter().filter(|s| s.series == series);
            if let Some(middle) = median(of_series.map(|s| s.ms)) {
                cards.push(card(&format!("{middle:.0} ms"), series, scene.id));
            }
        }
        for (figure, check) in scene
            .checks
            .iter()
            .flat_map(|c| c.measured.iter().map(move |f| (f, c)))
        {
            if figure.name.starts_with("told after") {
                cards.push(card(&figure.value.text(), &check.claim, scene.id));
            }
        }
    }
    cards
}

fn card(value: &str, label: &str, scene: &str) -> Markup {
    html! { a.card href={ "#" (scene) } { strong { (value) } span { (label) } } }
}

fn section(scene: &Scene) -> Markup {
    html! {
        section id=(scene.id) {
            div.head {
                h2 { (scene.title) }
                span.badge.pass[scene.passed()].fail[!scene.passed()] { (count(scene)) " checks" }
            }
            p.story { (scene.story) }
            div.columns {
                @if !scene.steps.is_empty() { div.left { (lanes::render(scene)) } }
                div.right {
                    (waves::render(scene))
                    (pictures::render(scene))
                    (strips::render(&scene.samples))
                    (checks(&scene.checks))
                    p.took { "The scene took " (seconds(scene.took_ms as f64)) "." }
                }
            }
        }
    }
}

fn checks(checks: &[Check]) -> Markup {
    html! {
        ul.checks {
            @for check in checks {
                li class=(if check.passed { "pass" } else { "fail" }) {
                    span.mark { (mark(check.passed)) }
                    div {
                        p.claim { (check.claim) }
                        p.figures {
                            @for figure in &check.measured {
                                span.figure {
                                    @if !figure.name.is_empty() { (figure.name) " " }
                                    b { (figure.value.text()) }
                                }
                            }
                            span.expected { "expected: " (check.expected) }
                        }
                    }
                }
            }
        }
    }
}

fn clocks(report: &Report) -> Markup {
    html! {
        footer {
            h2 { "What the times are" }
            ul {
                li { b { "Phones: " } "the moment at which the phone's program was told by the call core, or was given a command. Milliseconds after dialling." }
                li { b { "Server: " } "the backend's own clock at the commit of each change (" code { "server_time" } " of " code { "call_update" } "), as an observer received it over MQTT." }
                li { b { "One clock: " } "everything ran on one machine, so all lanes are read from the same clock. Nothing was shifted to fit; lines are drawn from a cause to what followed from it." }
                li { b { "Sound and pictures: " } "what the media server delivered and the phone decoded. A recording's position is the time at which its frame was handed to the speaker." }
            }
            h2 { "What took part" }
            dl { @for (name, what) in &report.parts { dt { (name) } dd { (what) } } }
        }
    }
}

fn mark(passed: bool) -> &'static str {
    if passed { "✓" } else { "✗" }
}

fn seconds(ms: f64) -> String {
    format!("{:.1} s", ms / 1000.0)
}

/// `2026-11-22 15:24 UTC` of an ISO 8601 time.
fn minute(iso: &str) -> String {
    let minute: String = iso.chars().take("2026-11-22T15:24".len()).collect();
    format!("{} UTC", minute.replace('T', " "))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::model::{Heard, Lane, Role, Sample, Seen, Step};
    use super::*;

    fn report() -> Report {
        let lane = |name: &str, role| Lane {
            name: name.into(),
            role,
        };
        let step = |at_ms, lane, what: &str, from| Step {
            at_ms,
            lane,
            what: what.into(),
            is_command: false,
            from,
        };
        Report {
            began_at: "2026-11-22T15:24:51Z".into(),
            took_ms: 1234,
            machine: "a machine".into(),
            parts: vec![("backend".into(), "<b>".into())],
            scenes: vec![Scene {
                id: "voice",
                title: "Voice",
                story: "A story.",
                took_ms: 9000,
                lanes: vec![
                    lane("Ada <script>", Role::Caller),
                    lane("Server", Role::Server),
                    lane("Ben", Role::Callee),
                ],
                steps: vec![
                    step(0.0, 0, "dials", None),
                    step(5.0, 1, "call made", Some(0)),
                    step(4000.0, 2, "rings", Some(1)),
                ],
                sounds: vec![Heard {
                    at: 0,
                    of: 2,
                    begins_ms: 0.0,
                    peaks: vec![(-0.5, 0.5); 4],
                    lasts_ms: 4000.0,
                    marks: vec![(1000.0, "accept".into())],
                    silent: vec![(0.0, 1000.0)],
                }],
                pictures: vec![Seen {
                    at: 0,
                    caption: "number 7".into(),
                    png: vec![1, 2, 3],
                }],
                samples: vec![
                    Sample {
                        series: "x".into(),
                        at: Role::Callee,
                        ms: 100.0,
                    },
                    Sample {
                        series: "x".into(),
                        at: Role::Callee,
                        ms: 300.0,
                    },
                ],
                checks: vec![
                    Check::new("told", "45 s at most", true).number("told after", 21.0, 1, "s"),
                    Check::new("wrong", "right", false),
                ],
            }],
        }
    }

    #[test]
    fn the_page_says_what_failed_and_stands_alone() {
        let page = render(&report());
        assert!(page.contains("1 of 2 checks failed"));
        assert!(page.contains("21.0 s"));
        assert!(page.contains("200 ms"), "the median of the samples");
        assert!(page.contains("data:image/png;base64,AQID"));
        for outside in ["<script", "<link", "src=\"http", "url(http", "<b>."] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("Ada &lt;script&gt;"));
    }

    #[test]
    fn a_report_without_scenes_is_a_page_too() {
        let empty = Report {
            scenes: Vec::new(),
            ..report()
        };
        assert!(render(&empty).contains("All 0 checks passed"));
    }
}
