//! Received pictures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::lanes::class;
use super::model::Scene;

pub(super) fn render(scene: &Scene) -> Markup {
    html! {
        @if !scene.pictures.is_empty() {
            div.pictures {
                @for seen in &scene.pictures {
                    figure {
                        img alt=(seen.caption) src={ "data:image/png;base64," (STANDARD.encode(&seen.png)) };
                        figcaption {
                            @if let Some(lane) = scene.lanes.get(seen.at) {
                                b class=(class(scene, seen.at)) { (lane.name) } " saw "
                            }
                            (seen.caption)
                        }
                    }
                }
            }
        }
    }
}
