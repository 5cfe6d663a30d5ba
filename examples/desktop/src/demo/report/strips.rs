//! Times that were measured again and again: one dot a measurement, a bar at the median.

use maud::{Markup, html};

use super::lanes::role_class;
use super::model::{Sample, median};

/// The names of the series, in the order in which they came.
pub(super) fn series(samples: &[Sample]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for sample in samples {
        if !names.contains(&sample.series.as_str()) {
            names.push(&sample.series);
        }
    }
    names
}

pub(super) fn render(samples: &[Sample]) -> Markup {
    let longest = samples.iter().map(|s| s.ms).fold(1.0, f64::max) * 1.05;
    let x = |ms: f64| format!("{:.2}%", ms / longest * 100.0);
    html! {
        @if !samples.is_empty() {
            figure.strips {
                @for name in series(samples) {
                    @let times: Vec<f64> = samples.iter().filter(|s| s.series == name).map(|s| s.ms).collect();
                    @let middle = median(times.iter().copied()).unwrap_or(0.0);
                    p.label { (name) b { (format!("{middle:.0} ms")) } }
                    svg height="26" width="100%" role="img" aria-label={ (name) ": median " (format!("{middle:.0}")) " ms of " (times.len()) } {
                        line.base x1="0" x2="100%" y1="13" y2="13" {}
                        line.median x1=(x(middle)) x2=(x(middle)) y1="2" y2="24" {}
                        @for sample in samples.iter().filter(|s| s.series == name) {
                            circle class=(role_class(sample.at)) cx=(x(sample.ms)) cy="13" r="5" {}
                        }
                    }
                }
                figcaption { "0 to " (format!("{longest:.0}")) " ms; a dot a call, a bar at the median." }
            }
        }
    }
}
